// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/services: {"services":[...]}, and GET /api/v1/services/NAME: one of them,
// {name, source, tls, nodes:[{address, weight, health, connections, requests, last_error}]}.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"

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

json::object to_json(const node_report& from) {
    json::value last_error;  // null until there is one
    if (!from.last_error.empty())
        last_error = from.last_error;
    return {{"address", from.address},        {"weight", from.weight},
            {"health", word_of(from.health)}, {"connections", from.connections},
            {"requests", from.requests},      {"last_error", std::move(last_error)}};
}

json::object to_json(const service_report& from) {
    json::array nodes;
    for (const auto& one : from.nodes)
        nodes.push_back(to_json(one));
    return {{"name", from.name},
            {"source", from.source},
            {"tls", from.tls},
            {"nodes", std::move(nodes)}};
}

answer get(const call& one) {
    if (!one.name.empty()) {
        const auto found = one.gateway.service(one.name);
        if (!found)
            return refuse(404, "no_route", "no service has this name", one.from.request_id);
        return {.body = json::serialize(to_json(*found))};
    }
    json::array list;
    for (const auto& from : one.gateway.services())
        list.push_back(to_json(from));
    return {.body = json::serialize(json::object{{"services", std::move(list)}})};
}

}  // namespace

extern const resource services;
const resource services{.path = "/api/v1/services", .has_names = true, .get = get};

}  // namespace sluice::admin::resources
