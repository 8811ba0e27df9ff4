// SPDX-License-Identifier: Apache-2.0
// The published snapshot of routes and services: immutable, replaced as a whole, shared by all
// workers. An exchange stays on the table it started with.
#pragma once

#include "routing/matcher.hpp"
#include "routing/split.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/proxy/route.hpp"
#include "sluice/service/balancer.hpp"
#include "sluice/service/node_stats.hpp"
#include "sluice/service/service.hpp"

#include <boost/smart_ptr/local_shared_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::proxy {

/// A node as the request path needs it: its texts are made once per table.
struct table_node {
    service::node facts;
    std::string text;  ///< address, for logs, labels and `rewrite.host: upstream`
    std::shared_ptr<service::node_stats> stats;
};

struct table_service {
    service::service_settings settings;
    std::vector<table_node> nodes;
    std::shared_ptr<const service::balancer> balancer;
    std::size_t position = 0;  ///< in table::services
};

/// A route's share of its traffic that goes to one service, with the deadlines that hold there.
struct route_target {
    std::shared_ptr<const table_service> service;
    unsigned weight = 1;
    http::timeouts deadlines;  ///< route over service over global
};

struct table_route {
    route_settings settings;
    std::vector<route_target> targets;
    routing::weighted_split split;  ///< chooses among `targets`
    std::size_t position = 0;       ///< in table::routes
};

struct table {
    std::uint64_t generation = 0;
    std::shared_ptr<const routing::matcher> matcher;  ///< finds positions in `routes`
    std::vector<table_route> routes;
    std::vector<std::shared_ptr<const table_service>> services;
    http::limits bounds;
};

/// A worker's hold on the table: copies cost a plain increment, because only the worker's own
/// thread makes them. The shared_ptr inside crosses threads once per table and worker.
using pinned_table = boost::local_shared_ptr<const std::shared_ptr<const table>>;

}  // namespace sluice::proxy
