// SPDX-License-Identifier: Apache-2.0
#include "service/tier_memory.hpp"

namespace sluice::service {

tier_memory::tier_memory(const std::vector<node>& nodes) : tiers_(1) {
    for (const auto& one : nodes) {
        tier_of_.push_back(one.tier);
        if (tiers_.size() <= one.tier)
            tiers_.resize(one.tier + 1);
        tiers_[one.tier].nodes += one.weight == 0 ? 0 : 1;
    }
}

unsigned tier_memory::standing(std::size_t which, std::span<const std::size_t> tried,
                               time_point now) const noexcept {
    const auto& one = tiers_[which];
    const auto in_vain =
        std::ranges::count(tried, which, [this](std::size_t node) { return tier_of_[node]; });
    const bool asleep = one.is_suspect() && now < one.asleep_until;
    return (asleep ? 2U : 0U) +
           (static_cast<std::size_t>(in_vain) >= misses_of_an_exchange ? 1U : 0U);
}

void tier_memory::picked(std::size_t which, time_point now) noexcept {
    auto& one = tiers_[which];
    if (one.is_suspect() && now >= one.asleep_until)
        one.asleep_until = now + nap;
}

void tier_memory::inherit(const tier_memory& before) noexcept {
    if (before.tiers_.size() != tiers_.size())
        return;
    for (std::size_t at = 0; at < tiers_.size(); ++at) {
        if (!before.tiers_[at].is_suspect())
            continue;
        tiers_[at].lost.fill(tier_of_.size());  // none of these nodes
        tiers_[at].lost_count = suspicious;
        tiers_[at].asleep_until = before.tiers_[at].asleep_until;
    }
}

void tier_memory::missed(std::size_t node, time_point now) noexcept {
    auto& one = tiers_[tier_of_[node]];
    const auto known = std::span(one.lost).first(one.lost_count);
    if (one.lost_count < one.lost.size() && std::ranges::find(known, node) == known.end())
        one.lost[one.lost_count++] = node;
    one.asleep_until = now + nap;
}

}  // namespace sluice::service
