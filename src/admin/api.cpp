// SPDX-License-Identifier: Apache-2.0
// Every request takes the same steps: Host and Origin, resource, method, token, resource's own
// function. The token comes after the path because which paths exist is no secret; what they hold
// is.
#include "admin/api.hpp"

#include "admin/reports.hpp"
#include "admin/resources/catalog.hpp"
#include "sluice/base/json_writer.hpp"
#include "sluice/base/strings.hpp"

namespace sluice::admin {
namespace {

// Names may hold bytes a path cannot; a canonical path has no malformed escapes, which stay as they
// are here.
std::string decode(std::string_view segment) {
    std::string text;
    for (std::size_t at = 0; at < segment.size();) {
        const int escaped = escaped_byte(segment, at);
        text += escaped < 0 ? segment[at] : static_cast<char>(escaped);
        at += escaped < 0 ? 1 : 3;
    }
    return text;
}

struct found_resource {
    const resource* what = nullptr;
    std::string name;
};

found_resource find(std::string_view path) {
    for (const resource* one : all_resources()) {
        if (path == one->path)
            return {one, {}};
        if (!one->has_names || !path.starts_with(one->path))
            continue;
        const std::string_view rest = path.substr(one->path.size());
        if (rest.size() > 1 && rest.front() == '/' && rest.find('/', 1) == rest.npos)
            return {one, decode(rest.substr(1))};
    }
    return {};
}

struct found_method {
    resource::method run = nullptr;
    usage use = usage::write;
};

found_method find(const resource& in, std::string_view method) {
    if (method == "GET" || method == "HEAD")
        return {in.get, in.reading};
    if (method == "PUT")
        return {in.put};
    if (method == "POST")
        return {in.post, in.posting};
    return {};
}

answer refuse_method(const resource& in, std::string_view request_id) {
    std::string allowed;
    const auto allow = [&](resource::method method, std::string_view names) {
        if (method)
            allowed.append(allowed.empty() ? "" : ", ").append(names);
    };
    allow(in.get, "GET, HEAD");
    allow(in.put, "PUT");
    allow(in.post, "POST");
    answer no = refuse(405, "method_not_allowed", "this resource knows " + allowed, request_id);
    no.fields.emplace_back("Allow", std::move(allowed));  // RFC 9110 section 15.5.6
    return no;
}

answer refuse_access(permission why, std::string_view request_id) {
    if (why == permission::forbidden)
        return refuse(403, "forbidden", "this needs admin.token, and none is configured",
                      request_id);
    answer no =
        refuse(401, "unauthorized",
               "this needs Authorization: Bearer with the token of admin.token", request_id);
    no.fields.emplace_back("WWW-Authenticate", R"(Bearer realm="sluice")");
    return no;
}

// Answers are of the moment and may hold what a shared cache or a sniffing browser must not get.
void add_common_fields(answer& to) {
    to.fields.emplace_back("Cache-Control", "no-store");
    to.fields.emplace_back("X-Content-Type-Options", "nosniff");
}

answer dispatch(const request& from, const access_terms& terms, control& gateway) {
    if (!is_own_host(from.host, terms.hosts))
        return refuse(403, "forbidden",
                      "Host must be an IP address, localhost or a name of admin.hosts",
                      from.request_id);
    if (from.origin && !is_own_origin(*from.origin, from.host))
        return refuse(403, "forbidden", "requests of pages of another origin are refused",
                      from.request_id);
    auto [what, name] = find(from.path);
    if (!what)
        return refuse(404, "no_route", "the admin API has no such path", from.request_id);
    const auto [run, use] = find(*what, from.method);
    if (!run)
        return refuse_method(*what, from.request_id);
    if (const auto right = permit(use, terms, from.authorization); right != permission::granted)
        return refuse_access(right, from.request_id);
    if (from.body.size() > longest_body)
        return refuse(413, "body_too_large", "the admin API reads at most 64 KiB of body",
                      from.request_id);
    return run({from, gateway, std::move(name)});
}

}  // namespace

answer refuse(unsigned status, std::string_view code, std::string_view message,
              std::string_view request_id) {
    json_writer out;
    out.begin_map().key("error").begin_map();
    out.key("code").text(code);
    out.key("message").text(message);
    out.key("request_id").text(request_id);
    out.end_map().end_map();
    return {.status = status, .body = out.take()};
}

answer respond(const request& from, const access_terms& terms, control& gateway) {
    answer result = dispatch(from, terms, gateway);
    add_common_fields(result);
    return result;
}

answer reloaded(const reload_report& how) {
    // RFC 9110 section 15.5.21: the request is well formed, what it asks for cannot be done.
    json_writer out;
    put(out, how);
    answer result{.status = how.ok ? 200U : 422U, .body = out.take()};
    add_common_fields(result);
    return result;
}

}  // namespace sluice::admin
