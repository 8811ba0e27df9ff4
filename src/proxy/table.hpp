// SPDX-License-Identifier: Apache-2.0
// The published snapshot of routes and services: immutable, replaced as a whole, shared by all
// workers. Tables share what did not change between them. An exchange stays on the table it started
// with, through its worker's view of it.
#pragma once

#include "proxy/series.hpp"
#include "routing/matcher.hpp"
#include "routing/split.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/proxy/route.hpp"
#include "sluice/service/balancer.hpp"
#include "sluice/service/node_stats.hpp"
#include "sluice/service/service.hpp"
#include "sluice/telemetry/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::proxy {

/// A node as the request path needs it: its texts are made once per table. Statistics and series
/// stay the same objects in every table that has the node.
struct table_node {
    service::node facts;
    std::string text;  ///< address, for logs, labels and `rewrite.host: upstream`
    std::shared_ptr<service::node_stats> stats;
    std::shared_ptr<node_series> series;
};

/// What nodes were found under that outlast a change of their service's `source` or `url`: they
/// are other machines than the new url means, so they are reached as they were.
struct found_under {
    std::string source;
    std::vector<service::dns_name> names;
    net::upstream_tls_settings tls;
    service::node_protocol protocol = service::node_protocol::http1;
};

/// Shared by all tables in which the service and its nodes are the same.
struct table_service {
    service::service_settings settings;
    std::vector<table_node> nodes;
    /// Set while the nodes are those of a former url, and nothing is known of this one yet.
    std::optional<found_under> carried;
    /// How the nodes that are there are reached.
    const net::upstream_tls_settings& tls() const noexcept {
        return carried ? carried->tls : settings.tls;
    }
    service::node_protocol protocol() const noexcept {
        return carried ? carried->protocol : settings.protocol;
    }
    std::shared_ptr<const service::balancer> balancer;
    std::shared_ptr<service_series> series;
};

/// A route's share of its traffic that goes to one service, with the deadlines that hold there.
struct route_target {
    std::size_t service;  ///< in table::services
    unsigned weight = 1;
    http::timeouts deadlines;  ///< route over service over global
    /// stays the same for as long as the route leads to a service of that name
    std::shared_ptr<target_series> series;

    friend bool operator==(const route_target&, const route_target&) = default;
};

/// Shared by all tables in which the route and what it leads to are the same.
struct table_route {
    route_settings settings;
    std::vector<route_target> targets;
    routing::weighted_split split;  ///< chooses among `targets`
    std::shared_ptr<route_series> series;
};

using route_list = std::vector<std::shared_ptr<const table_route>>;
using service_list = std::vector<std::shared_ptr<const table_service>>;
/// Where a service of that name is in a service_list, for lists that go through many tables.
using service_places = std::unordered_map<std::string, std::size_t>;

struct table {
    std::uint64_t generation = 0;
    std::shared_ptr<const routing::matcher> matcher;  ///< finds positions in `routes`
    std::shared_ptr<const route_list> routes;
    service_list services;
    std::shared_ptr<const service_places> places;  ///< of `services`
    http::limits bounds;
    telemetry::metrics_settings labels;  ///< which labels the series of its routes and nodes carry
};

}  // namespace sluice::proxy
