// SPDX-License-Identifier: Apache-2.0
// A route as the configuration gives it: what it matches, where it leads, how the request is
// rewritten on the way.
#pragma once

#include "sluice/http/limits.hpp"
#include "sluice/routing/rule.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::proxy {

/// Which Host the node sees: the client's, the node's own (its address text, or the service's name
/// for names), or a literal.
enum class host_rewrite : std::uint8_t { preserve, upstream, literal };

struct rewrite_settings {
    std::optional<std::string> prefix;  ///< replaces the matched path.prefix
    host_rewrite host = host_rewrite::preserve;
    std::string host_literal;

    friend bool operator==(const rewrite_settings&, const rewrite_settings&) = default;
};

struct weighted_service {
    std::string name;
    unsigned weight = 1;

    friend bool operator==(const weighted_service&, const weighted_service&) = default;
};

/// One entry of `routes`.
struct route_settings {
    std::string name;
    routing::rule match;
    std::vector<weighted_service> services;  ///< at least one
    rewrite_settings rewrite;
    /// request head to last response byte; not for tunnels and streams
    std::optional<std::chrono::milliseconds> timeout;
    http::timeout_overrides timeouts;

    friend bool operator==(const route_settings&, const route_settings&) = default;
};

}  // namespace sluice::proxy
