// SPDX-License-Identifier: Apache-2.0
// The whole configuration as typed values: the list of modules and nothing else. Each module's
// struct and its reading stand in the module; conf/full.yaml shows every key.
#pragma once

#include "admin/settings.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/http/listener.hpp"
#include "sluice/proxy/route.hpp"
#include "sluice/service/service.hpp"
#include "sluice/telemetry/settings.hpp"

#include <optional>
#include <vector>

namespace sluice::app {

struct settings {
    std::optional<unsigned> workers;      ///< none: one per CPU this process may use
    std::vector<net::address> resolvers;  ///< none: resolv.conf and the hosts file
    std::vector<http::listener_settings> listeners;
    std::vector<service::service_settings> services;
    std::vector<proxy::route_settings> routes;
    admin::settings admin;
    telemetry::metrics_settings metrics;
    telemetry::access_log_settings access_log;
    telemetry::log_settings log;
    http::limits limits;
    http::timeouts timeouts;
};

}  // namespace sluice::app
