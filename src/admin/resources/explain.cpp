// SPDX-License-Identifier: Apache-2.0
// POST /api/v1/explain: {method, url, headers:{name: text or [texts]}, listener}, of which only url is
// needed. Answers what `sluice explain --format json` prints, from the table in use. It changes
// nothing, so it asks for no more than a read does.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"
#include "sluice/base/strings.hpp"

namespace sluice::admin::resources {
namespace {

/// Reads the body; `problem` says what is wrong with it.
class reader {
public:
    explain_request read(std::string_view body) {
        explain_request asked;
        const auto whole = parse_json(body);
        const auto* members = whole ? whole->if_object() : nullptr;
        if (members == nullptr) {
            problem = R"(expected {"url":"http://...","method":"GET","headers":{},"listener":""})";
            return asked;
        }
        for (const auto& member : *members)
            read_member(std::string_view(member.key()), member.value(), asked);
        if (problem.empty() && !members->contains("url"))
            problem = "url is missing";
        return asked;
    }

    std::string problem;

private:
    void read_member(std::string_view key, const json::value& from, explain_request& to) {
        if (key == "method")
            read_text(key, from, to.method);
        else if (key == "url")
            read_text(key, from, to.url);
        else if (key == "listener")
            read_text(key, from, to.listener);
        else if (key == "headers")
            read_headers(from, to);
        else
            problem = "unknown member " + quoted(key);
    }

    void read_text(std::string_view key, const json::value& from, std::string& to) {
        if (const auto* text = from.if_string())
            to.assign(text->data(), text->size());
        else
            problem = quoted(key) + " is not a text";
    }

    void read_headers(const json::value& from, explain_request& to) {
        const auto* members = from.if_object();
        if (members == nullptr) {
            problem = "headers is not an object";
            return;
        }
        for (const auto& member : *members) {
            const std::string name(member.key());
            const auto* several = member.value().if_array();
            if (several == nullptr)
                read_text(name, member.value(), to.headers.emplace_back(name, "").second);
            else
                for (const auto& one : *several)
                    read_text(name, one, to.headers.emplace_back(name, "").second);
        }
    }
};

answer post(const call& one) {
    reader from;
    const auto asked = from.read(one.from.body);
    auto problem = std::move(from.problem);
    explain_report told;
    if (problem.empty()) {
        told = one.gateway.explain(asked);
        problem = told.problem;
    }
    if (!problem.empty())
        return refuse(400, "bad_request", problem, one.from.request_id);
    return {.body = std::move(told.json)};
}

}  // namespace

extern const resource explain;
const resource explain{.path = "/api/v1/explain", .posting = usage::read, .post = post};

}  // namespace sluice::admin::resources
