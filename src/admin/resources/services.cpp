// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/services: {"services":[...]}, and GET /api/v1/services/NAME: one of them,
// {name, source, tls, nodes:[{address, weight, health, connections, requests, last_error}]}.
#include "admin/resource.hpp"
#include "sluice/base/json_writer.hpp"

namespace sluice::admin::resources {
namespace {

std::string_view word_of(node_health health) {
    switch (health) {
    case node_health::healthy:
        return "healthy";
    case node_health::unhealthy:
        return "unhealthy";
    case node_health::ejected:
        return "ejected";
    case node_health::draining:
        return "draining";
    }
    return "unhealthy";
}

void put(json_writer& out, const node_report& from) {
    out.begin_map();
    out.key("address").text(from.address);
    out.key("weight").number(from.weight);
    out.key("health").text(word_of(from.health));
    out.key("connections").number(from.connections);
    out.key("requests").number(from.requests);
    out.key("last_error");
    if (from.last_error.empty())
        out.null();
    else
        out.text(from.last_error);
    out.end_map();
}

void put(json_writer& out, const service_report& from) {
    out.begin_map();
    out.key("name").text(from.name);
    out.key("source").text(from.source);
    out.key("tls").text(from.tls);
    out.key("nodes").begin_list();
    for (const auto& one : from.nodes)
        put(out, one);
    out.end_list().end_map();
}

answer get_one(const call& one) {
    const auto found = one.gateway.service(one.name);
    if (!found)
        return refuse(404, "no_route", "no service has this name", one.from.request_id);
    json_writer out;
    put(out, *found);
    return {.body = out.take()};
}

answer get(const call& one) {
    if (!one.name.empty())
        return get_one(one);
    json_writer out;
    out.begin_map().key("services").begin_list();
    for (const auto& from : one.gateway.services())
        put(out, from);
    out.end_list().end_map();
    return {.body = out.take()};
}

}  // namespace

extern const resource services;
const resource services{.path = "/api/v1/services", .has_names = true, .get = get};

}  // namespace sluice::admin::resources
