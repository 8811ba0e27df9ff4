// SPDX-License-Identifier: Apache-2.0
// In which order a question goes to several name servers: as configured, but those that kept silent
// come last for a while. Values only; asking is resolver_pool's, and time is handed in.
#pragma once

#include "sluice/base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace sluice::net::dns {

/// Servers are called by their place in the configuration, from 0.
class server_ranks {
public:
    /// How long a silent server is asked last, without a look whether it is back. Silence costs a
    /// question some seconds, so one in ten seconds pays for finding out.
    static constexpr std::chrono::seconds grudge{10};

    explicit server_ranks(std::size_t servers) : standings_(servers) {}

    /// All servers, in the order one question is to ask them. Of a silent one whose grudge is over
    /// a single question finds out whether it is back: it has that server first, others go on
    /// having it last until heard() or silent() came.
    std::vector<std::size_t> order(time_point now);

    /// It said something, an error or garbage too: its questions go on in their order.
    void heard(std::size_t server) noexcept { standings_[server] = {}; }

    /// No answer in time, or nobody at its port.
    void silent(std::size_t server, time_point now) noexcept;

private:
    struct standing {
        std::optional<time_point> silent_until;
        bool probed = false;  // by a question that is under way
    };

    std::optional<std::size_t> take_probe(time_point now) noexcept;

    std::vector<standing> standings_;
};

}  // namespace sluice::net::dns
