// SPDX-License-Identifier: Apache-2.0
// Which tier of a service's nodes is worth trying now: the small memory that keeps every request
// from paying for a dead address family first. One per picker, so one per worker; balancers share
// the rule.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/service/service.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace sluice::service {

/// A tier sleeps once `suspicious` different nodes of it (or all, if it has fewer) were missed with
/// none reached in between. A sleeping tier is passed over while another has nodes left; every
/// `nap` one request goes there and finds out whether it is alive, and pays for that if it is not.
/// Within one exchange two missed nodes are enough to turn to the next tier, because
/// `retries.attempts` would seldom reach it otherwise.
class tier_memory {
public:
    static constexpr std::size_t suspicious = 3;
    static constexpr std::size_t misses_of_an_exchange = 2;
    static constexpr std::chrono::seconds nap{5};

    /// `nodes` as the picker counts them; those without a weight do not count.
    explicit tier_memory(const std::vector<node>& nodes);

    std::size_t tiers() const noexcept { return tiers_.size(); }
    std::size_t tier_of(std::size_t node) const noexcept { return tier_of_[node]; }

    /// How a tier stands for an exchange that missed the nodes `tried`; the lowest standing is
    /// tried first, of equal ones the lower tier.
    unsigned standing(std::size_t tier, std::span<const std::size_t> tried,
                      time_point now) const noexcept;
    static constexpr unsigned worst_standing = 3;

    /// A node of this tier is about to be tried. If its nap is over, it is for this one alone.
    void picked(std::size_t tier, time_point now) noexcept;
    void missed(std::size_t node, time_point now) noexcept;
    void reached(std::size_t node) noexcept { tiers_[tier_of_[node]].lost_count = 0; }

    /// Tiers that slept before the service's nodes changed sleep on: a dead address family does not
    /// come back because a name has other addresses. Other numbers of tiers mean other tiers.
    void inherit(const tier_memory& before) noexcept;

private:
    struct tier {
        std::size_t nodes = 0;
        std::array<std::size_t, suspicious>
            lost{};  // different nodes, missed since one was reached
        std::size_t lost_count = 0;
        time_point asleep_until{};  // means something while is_suspect()

        bool is_suspect() const noexcept { return lost_count >= std::min(suspicious, nodes); }
    };

    std::vector<std::size_t> tier_of_;
    std::vector<tier> tiers_;
};

}  // namespace sluice::service
