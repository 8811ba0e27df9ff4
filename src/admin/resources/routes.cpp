// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/routes: {"routes":[{name, match, services, rewrite}]}, in the spelling of the
// configuration and taken from its masked form, so what came from ${env:} or ${file:} is `***` here
// too. Every key of `match` is there: an empty list and a null path match anything.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"
#include "sluice/base/json_writer.hpp"

namespace sluice::admin::resources {
namespace {

/// The member `key` of `from`, or `absent`, which is JSON text.
void put_member(json_writer& out, const json::object& from, std::string_view key,
                std::string_view absent = "null") {
    out.key(key);
    const auto* found = from.if_contains(key);
    if (found == nullptr)
        out.embed(absent);
    else
        out.embed(json::serialize(*found));
}

/// `match` with a path, also when the configuration has none.
void put_match(json_writer& out, const json::object& route) {
    const auto* from = route.if_contains("match");
    if (from == nullptr || !from->is_object())
        return put_member(out, route, "match");
    const auto& match = from->get_object();
    out.key("match").begin_map();
    put_member(out, match, "hosts", "[]");
    put_member(out, match, "path");
    put_member(out, match, "methods", "[]");
    put_member(out, match, "headers", "{}");
    put_member(out, match, "query", "{}");
    put_member(out, match, "listeners", "[]");
    out.end_map();
}

/// `service: NAME` is short for a list of one.
void put_services(json_writer& out, const json::object& route) {
    const auto* single = route.if_contains("service");
    if (single == nullptr)
        return put_member(out, route, "services", "[]");
    out.key("services").begin_list().begin_map();
    out.key("name").embed(json::serialize(*single));
    out.key("weight").number(1);
    out.end_map().end_list();
}

void put_rewrite(json_writer& out, const json::object& route) {
    const auto* from = route.if_contains("rewrite");
    if (from == nullptr || !from->is_object())
        return put_member(out, route, "rewrite");
    const auto& rewrite = from->get_object();
    out.key("rewrite").begin_map();
    put_member(out, rewrite, "prefix");
    put_member(out, rewrite, "host");
    out.end_map();
}

void put_routes(json_writer& out, const json::array& routes) {
    for (const auto& from : routes) {
        const auto* route = from.if_object();
        if (route == nullptr)
            continue;
        out.begin_map();
        put_member(out, *route, "name");
        put_match(out, *route);
        put_services(out, *route);
        put_rewrite(out, *route);
        out.end_map();
    }
}

answer get(const call& one) {
    const auto whole = parse_json(one.gateway.config_json());
    const auto* effective = whole ? whole->if_object() : nullptr;
    const auto* routes = effective != nullptr ? effective->if_contains("routes") : nullptr;
    json_writer out;
    out.begin_map().key("routes").begin_list();
    if (routes != nullptr && routes->is_array())
        put_routes(out, routes->get_array());
    out.end_list().end_map();
    return {.body = out.take()};
}

}  // namespace

extern const resource routes;
const resource routes{.path = "/api/v1/routes", .get = get};

}  // namespace sluice::admin::resources
