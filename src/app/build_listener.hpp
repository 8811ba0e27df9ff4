// SPDX-License-Identifier: Apache-2.0
// Settings to what a listener's connections are served with, its TLS context among them.
#pragma once

#include "app/settings.hpp"
#include "http/server.hpp"
#include "net/ticket_keys.hpp"
#include "sluice/telemetry/metric.hpp"

#include <memory>

namespace sluice::app {

/// What all listeners of the process have in common.
struct listener_surroundings {
    telemetry::registry& metrics;
    /// made once: a client's session survives a reload that leaves its listener as it was
    std::shared_ptr<net::ticket_keys> tickets;
};

/// What connections of `one` are served with under the limits and timeouts of `all`. Its TLS context
/// is that of `before` when that listener had the same name and the same files, else a new one;
/// `before` may be null. `presence` lives as long as listeners of that name, see client_facts. Throws std::runtime_error when OpenSSL refuses what was checked.
std::shared_ptr<const http::server_settings>
build_listener(const http::listener_settings& one, const settings& all,
               const listener_surroundings&, const http::server_settings* before,
               std::shared_ptr<const void> presence = nullptr);

}  // namespace sluice::app
