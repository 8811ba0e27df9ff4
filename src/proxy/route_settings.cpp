// SPDX-License-Identifier: Apache-2.0
#include "http/kinds.hpp"
#include "http/schemas.hpp"
#include "proxy/schemas.hpp"
#include "routing/schemas.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>

namespace sluice::proxy {

namespace {

using services = std::vector<weighted_service>;

bool is_single(const services& list) { return list.size() == 1 && list.front().weight == 1; }

/// `service: NAME`, short for a list of one.
struct single_service {
    void read(const config::value& from, services& to) const {
        weighted_service one;
        config::name{}.read(from, one.name);
        to = {one};
    }
    void write(config::writer& out, const services& from) const { out.text(from.front().name); }
    bool present(const services& list) const { return is_single(list); }
    std::string expected() const { return "the name of an entry of services"; }
    config::form look() const { return config::name{}.look(); }
};

const config::schema<weighted_service>& weighted_schema() {
    static const config::schema<weighted_service> keys{
        {"name", &weighted_service::name, config::name{}, "which service", config::required},
        {"weight", &weighted_service::weight, config::whole{0, 1'000'000},
         "its share of the requests; 0: none"},
    };
    return keys;
}

struct weighted_services : config::list_of<config::block<weighted_service>> {
    weighted_services() : list_of{config::block(weighted_schema()), "services with weights", 1} {}
    bool present(const services& list) const { return !is_single(list); }
};

/// preserve, upstream, or the authority nodes shall see.
struct host_kind {
    void read(const config::value& from, rewrite_settings& to) const {
        const auto text = from.text();
        if (text == "preserve" || text == "upstream") {
            to.host = text == "preserve" ? host_rewrite::preserve : host_rewrite::upstream;
            return;
        }
        const auto colon = text.ends_with(']') ? std::string_view::npos : text.rfind(':');
        const auto port = colon == std::string_view::npos
                              ? 80
                              : config::parse_whole(text.substr(colon + 1)).value_or(0);
        if (!http::is_host(text.substr(0, colon)) || port == 0 || port > 65535)
            return from.refuse_as(expected());
        to.host = host_rewrite::literal;
        to.host_literal = text;
        closest_match meant(text);
        meant.offer("preserve");
        meant.offer("upstream");
        if (!meant.best().empty())
            from.warn(from.shown() + " is sent to nodes as it stands", {},
                      std::string(meant.best()));
    }
    void write(config::writer& out, const rewrite_settings& from) const {
        out.text(from.host == host_rewrite::preserve   ? "preserve"
                 : from.host == host_rewrite::upstream ? "upstream"
                                                       : from.host_literal);
    }
    std::string expected() const { return "preserve, upstream or a host with an optional port"; }
    config::form look() const {
        return config::either_of(
            config::words_of({"preserve", "upstream"}),
            config::named_text("host with or without a port",
                               std::string(http::host_text) + "(:[0-9]{1,5})?"));
    }
};

struct path_prefix {
    void read(const config::value& from, std::string& to) const {
        routing::read_path(from, to, expected());
    }
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "a path such as /"; }
    config::form look() const { return routing::path_form(); }
};

const config::schema<rewrite_settings>& rewrite_schema() {
    static const config::schema<rewrite_settings> keys{
        {"prefix", &rewrite_settings::prefix, config::maybe{path_prefix{}},
         "what replaces the part of the path that `match.path.prefix` matched"},
        {"host", host_kind{},
         "the Host nodes see: the client's, their own address or name, or this one"},
    };
    return keys;
}

/// Shares that add up to something; a prefix to rewrite.
void check_route(const config::value& from, const route_settings& route, config::keys_read how) {
    if (how == config::keys_read::refused)
        return;
    const auto several = from.find("services");
    if (several &&
        std::ranges::all_of(route.services, [](const auto& one) { return one.weight == 0; }))
        several->refuse("every weight is 0, so no request would go anywhere", "a weight above 0");
    const auto rewrite = from.find("rewrite");
    if (route.rewrite.prefix && route.match.path.how != routing::path_rule::kind::prefix)
        if (const auto prefix = rewrite->find("prefix"))
            prefix->refuse_key("there is no matched prefix to rewrite",
                               "match.path.prefix beside it");
}

}  // namespace

const config::schema<route_settings>& route_schema() {
    using route = route_settings;
    static const config::schema<route> keys{
        {
            {"name", &route::name, config::name{}, "what logs, metrics and the admin API call it",
             config::required},
            {"match", &route::match, config::block(routing::rule_schema()),
             "which requests it is for: all conditions that are given hold"},
            {"service", &route::services, single_service{}, "where its requests go",
             config::alternative},
            {"services", &route::services, weighted_services{},
             "where its requests go, shared by weight", config::alternative},
            {"rewrite", &route::rewrite, config::block(rewrite_schema()),
             "what of a request is changed on the way to the node"},
            {"timeout", &route::timeout, config::maybe{config::span{}},
             "the total from the request's head to the last byte of the response; not for streams"},
            {"timeouts", &route::timeouts, config::block(http::timeout_overrides_schema()),
             "deadlines instead of the service's"},
            {"policies", config::not_in_this_version{}, "rules applied in this order"},
        },
        check_route,
    };
    return keys;
}

}  // namespace sluice::proxy
