// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/routes: {"routes":[{name, match, services, rewrite}]}, in the spelling of the
// configuration. Every key of `match` is there: an empty list and a null path match anything.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"

namespace sluice::admin::resources {
namespace {

json::array to_json(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

json::value to_json(const routing::path_rule& from) {
    using kind = routing::path_rule::kind;
    switch (from.how) {
    case kind::any:
        return nullptr;
    case kind::exact:
        return json::object{{"exact", from.text}};
    case kind::prefix:
        return json::object{{"prefix", from.text}};
    case kind::regex:
        return json::object{{"regex", from.text}};
    }
    return nullptr;
}

json::value to_json(const routing::value_rule& from) {
    using kind = routing::value_rule::kind;
    switch (from.how) {
    case kind::exact:
        return json::string{from.text};
    case kind::regex:
        return json::object{{"regex", from.text}};
    case kind::present:
        return json::object{{"present", true}};
    }
    return nullptr;
}

json::object to_json(const std::vector<routing::value_rule>& rules) {
    json::object all;
    for (const auto& one : rules)
        all.emplace(one.name, to_json(one));
    return all;
}

json::object to_json(const routing::rule& from) {
    return {{"hosts", to_json(from.hosts)},     {"path", to_json(from.path)},
            {"methods", to_json(from.methods)}, {"headers", to_json(from.headers)},
            {"query", to_json(from.query)},     {"listeners", to_json(from.listeners)}};
}

json::object to_json(const proxy::rewrite_settings& from) {
    json::value prefix;
    if (from.prefix)
        prefix = *from.prefix;
    std::string_view host = from.host_literal;
    if (from.host == proxy::host_rewrite::preserve)
        host = "preserve";
    if (from.host == proxy::host_rewrite::upstream)
        host = "upstream";
    return {{"prefix", std::move(prefix)}, {"host", host}};
}

json::object to_json(const proxy::route_settings& from) {
    json::array services;
    for (const auto& one : from.services)
        services.push_back(json::object{{"name", one.name}, {"weight", one.weight}});
    return {{"name", from.name},
            {"match", to_json(from.match)},
            {"services", std::move(services)},
            {"rewrite", to_json(from.rewrite)}};
}

answer get(const call& one) {
    json::array list;
    for (const auto& from : one.gateway.routes())
        list.push_back(to_json(from));
    return {.body = json::serialize(json::object{{"routes", std::move(list)}})};
}

}  // namespace

extern const resource routes;
const resource routes{.path = "/api/v1/routes", .get = get};

}  // namespace sluice::admin::resources
