// SPDX-License-Identifier: Apache-2.0
// Bounds on what either side may send and how long it may take. Defaults are the contract's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::http {

/// What one HTTP/2 connection of a client may use; sizes in bytes.
struct h2_limits {
    std::size_t streams = 100;                    ///< requests at once
    std::size_t stream_window = 64 * 1024;        ///< body bytes of a request nobody took yet
    std::size_t connection_window = 1024 * 1024;  ///< the same of all its requests together
    std::size_t memory = 8 * 1024 * 1024;         ///< bodies, heads and answers held for it

    friend bool operator==(const h2_limits&, const h2_limits&) = default;
};

/// The `limits` block of the configuration. Sizes in bytes.
struct limits {
    std::size_t head = 32 * 1024;       ///< start line and fields together, requests and responses
    std::size_t line = 16 * 1024;       ///< one line of a head
    std::size_t headers = 128;          ///< field lines of one head or trailer section
    std::optional<std::uint64_t> body;  ///< a request body; none: unlimited
    std::size_t connections = 100'000;  ///< client connections of the process
    h2_limits h2{};

    friend bool operator==(const limits&, const limits&) = default;
};

/// The `timeouts` block. Every deadline is one of: absolute head, idle progress, minimum rate,
/// total.
struct timeouts {
    using duration = std::chrono::milliseconds;
    duration tls_handshake = std::chrono::seconds{10};
    duration client_head = std::chrono::seconds{10};
    duration client_body_idle = std::chrono::seconds{30};
    duration client_write_idle = std::chrono::seconds{30};
    std::uint64_t min_rate = 240;  ///< bytes a second over 30 s; 0 switches it off
    duration client_idle = std::chrono::seconds{65};
    duration connect = std::chrono::seconds{3};
    duration upstream_tls = std::chrono::seconds{5};
    duration upstream_head = std::chrono::seconds{60};
    duration upstream_idle = std::chrono::seconds{60};
    duration stream_idle = std::chrono::hours{1};
    duration drain = std::chrono::seconds{30};

    friend bool operator==(const timeouts&, const timeouts&) = default;
};

/// What a service or a route may override; absent means the next wider level decides.
struct timeout_overrides {
    std::optional<timeouts::duration> connect, upstream_tls, upstream_head, upstream_idle,
        stream_idle;

    /// `wider` with what is set here put over it.
    timeouts over(timeouts wider) const;

    friend bool operator==(const timeout_overrides&, const timeout_overrides&) = default;
};

}  // namespace sluice::http
