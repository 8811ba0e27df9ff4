// SPDX-License-Identifier: Apache-2.0
// What a balancer must offer: an immutable plan made with the table, and a cursor per worker that
// follows it.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/service/service.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace sluice::service {

/// Picks nodes for one worker. Thread: that worker's.
class picker {
public:
    virtual ~picker() = default;
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// The position of the next node to try that is not among `tried`; none when every node with a
    /// weight was tried. Nodes of a higher tier (node::tier) come after those of a lower one, see
    /// tier_memory.
    virtual std::size_t pick(std::span<const std::size_t> tried, time_point now) noexcept = 0;

    /// What became of a node that was picked: no connection could be made, or there is one.
    virtual void missed(std::size_t node, time_point now) noexcept = 0;
    virtual void reached(std::size_t node) noexcept = 0;

    /// Takes over what the picker of the service's former nodes learned and still holds for these.
    virtual void inherit(const picker& /*before*/) noexcept {}
};

/// How a service spreads its requests. Immutable, shared by all workers.
class balancer {
public:
    virtual ~balancer() = default;
    /// A picker for one worker; `worker` spreads the starting points, so that workers do not march
    /// in step.
    virtual std::unique_ptr<picker> make_picker(unsigned worker) const = 0;
};

}  // namespace sluice::service
