// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/routes: {"routes":[{name, match, services, rewrite}]}, in the spelling of the
// configuration and taken from its masked form, so what came from ${env:} or ${file:} is `***` here
// too. Every key of `match` is there: an empty list and a null path match anything.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"

namespace sluice::admin::resources {
namespace {

/// What `from` has under `key`, or `absent`.
json::value member_of(const json::object& from, std::string_view key,
                      json::value absent = nullptr) {
    const auto* found = from.if_contains(key);
    return found != nullptr ? *found : std::move(absent);
}

/// `match` with a path, also when the configuration has none.
json::value match_of(const json::object& route) {
    const auto* from = route.if_contains("match");
    if (from == nullptr || !from->is_object())
        return member_of(route, "match");
    const auto& match = from->get_object();
    return json::object{{"hosts", member_of(match, "hosts", json::array{})},
                        {"path", member_of(match, "path")},
                        {"methods", member_of(match, "methods", json::array{})},
                        {"headers", member_of(match, "headers", json::object{})},
                        {"query", member_of(match, "query", json::object{})},
                        {"listeners", member_of(match, "listeners", json::array{})}};
}

/// `service: NAME` is short for a list of one.
json::value services_of(const json::object& route) {
    if (const auto* single = route.if_contains("service"))
        return json::array{json::object{{"name", *single}, {"weight", 1}}};
    return member_of(route, "services", json::array{});
}

json::value rewrite_of(const json::object& route) {
    const auto* from = route.if_contains("rewrite");
    if (from == nullptr || !from->is_object())
        return member_of(route, "rewrite");
    const auto& rewrite = from->get_object();
    return json::object{{"prefix", member_of(rewrite, "prefix")},
                        {"host", member_of(rewrite, "host")}};
}

answer get(const call& one) {
    json::array list;
    const auto whole = parse_json(one.gateway.config_json());
    const auto* effective = whole ? whole->if_object() : nullptr;
    const auto* routes = effective != nullptr ? effective->if_contains("routes") : nullptr;
    if (routes == nullptr || !routes->is_array())
        return {.body = json::serialize(json::object{{"routes", std::move(list)}})};
    for (const auto& from : routes->get_array())
        if (const auto* route = from.if_object())
            list.push_back(json::object{{"name", member_of(*route, "name")},
                                        {"match", match_of(*route)},
                                        {"services", services_of(*route)},
                                        {"rewrite", rewrite_of(*route)}});
    return {.body = json::serialize(json::object{{"routes", std::move(list)}})};
}

}  // namespace

extern const resource routes;
const resource routes{.path = "/api/v1/routes", .get = get};

}  // namespace sluice::admin::resources
