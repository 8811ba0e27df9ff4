// SPDX-License-Identifier: Apache-2.0
// Smooth weighted round robin:
//
//     balancer: round_robin
//
// A node of weight 5 gets five turns of the cycle, spread over it instead of five in a row. Each
// tier has a cycle of its own; which tier is next, tier_memory says.
#include "balancers/catalog.hpp"
#include "service/tier_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace sluice::balancers {

namespace {

// The cycle is written down once per table, turns times nodes steps of work. Weights that would
// make it longer are scaled down, which costs proportion: with many nodes a cycle may be longer, or
// the light ones would get far too much.
std::size_t longest_cycle(std::size_t nodes) noexcept {
    return std::clamp<std::size_t>(16 * nodes, 4096, 32'768);
}

using cycle = std::vector<std::uint32_t>;

std::vector<std::uint64_t> scaled_weights(const std::vector<service::node>& nodes) {
    std::vector<std::uint64_t> weights;
    std::uint64_t divisor = 0;
    std::uint64_t total = 0;
    for (const auto& one : nodes) {
        weights.push_back(one.weight);
        divisor = std::gcd(divisor, std::uint64_t{one.weight});
        total += one.weight;
    }
    if (divisor == 0)
        return weights;
    const auto shrink =
        std::max<std::uint64_t>(1, total / divisor / longest_cycle(nodes.size()) + 1);
    for (auto& weight : weights)
        weight = weight == 0 ? 0 : std::max<std::uint64_t>(1, weight / divisor / shrink);
    return weights;
}

// The turns of one cycle: every turn each node earns its weight, the richest is picked and pays the
// total.
cycle write_cycle(const std::vector<service::node>& nodes) {
    const auto weights = scaled_weights(nodes);
    const auto total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    if (std::all_of(weights.begin(), weights.end(), [](auto weight) { return weight <= 1; })) {
        cycle equal;
        for (std::uint32_t at = 0; at < weights.size(); ++at)
            if (weights[at] != 0)
                equal.push_back(at);
        return equal;
    }
    std::vector<std::int64_t> earned(weights.size(), 0);
    cycle turns;
    turns.reserve(total);
    while (turns.size() < total) {
        for (std::size_t at = 0; at < weights.size(); ++at)
            earned[at] += static_cast<std::int64_t>(weights[at]);
        const auto richest = std::max_element(earned.begin(), earned.end());
        *richest -= static_cast<std::int64_t>(total);
        turns.push_back(static_cast<std::uint32_t>(richest - earned.begin()));
    }
    return turns;
}

// The cycle of each tier, over the positions of its nodes among all of the service.
struct plan {
    explicit plan(const std::vector<service::node>& nodes) : fresh_memory(nodes) {
        for (std::size_t tier = 0; tier < fresh_memory.tiers(); ++tier)
            tiers.push_back(write_tier(nodes, tier));
    }

    static cycle write_tier(const std::vector<service::node>& nodes, std::size_t tier) {
        std::vector<service::node> members;
        std::vector<std::uint32_t> positions;
        for (std::uint32_t at = 0; at < nodes.size(); ++at)
            if (nodes[at].tier == tier) {
                members.push_back(nodes[at]);
                positions.push_back(at);
            }
        auto turns = write_cycle(members);
        for (auto& turn : turns)
            turn = positions[turn];
        return turns;
    }

    service::tier_memory fresh_memory;
    std::vector<cycle> tiers;
};

class round_robin_picker final : public service::picker {
public:
    round_robin_picker(std::shared_ptr<const plan> whole, unsigned worker)
        : plan_(std::move(whole)), memory_(plan_->fresh_memory) {
        for (const auto& turns : plan_->tiers)
            next_.push_back(turns.empty() ? 0 : worker % turns.size());
    }

    std::size_t pick(std::span<const std::size_t> tried, time_point now) noexcept override {
        if (plan_->tiers.size() == 1)
            return pick_of(0, tried);
        for (unsigned standing = 0; standing <= service::tier_memory::worst_standing; ++standing)
            for (std::size_t tier = 0; tier < plan_->tiers.size(); ++tier) {
                if (memory_.standing(tier, tried, now) != standing)
                    continue;
                if (const auto at = pick_of(tier, tried); at != none) {
                    memory_.picked(tier, now);
                    return at;
                }
            }
        return none;
    }

    void missed(std::size_t node, time_point now) noexcept override { memory_.missed(node, now); }
    void reached(std::size_t node) noexcept override { memory_.reached(node); }
    void inherit(const service::picker& before) noexcept override {
        if (const auto* const same = dynamic_cast<const round_robin_picker*>(&before))
            memory_.inherit(same->memory_);
    }

private:
    std::size_t pick_of(std::size_t tier, std::span<const std::size_t> tried) noexcept {
        const auto& turns = plan_->tiers[tier];
        auto& next = next_[tier];
        for (std::size_t step = 0; step < turns.size(); ++step) {
            const std::size_t at = turns[next];
            next = next + 1 == turns.size() ? 0 : next + 1;
            if (std::find(tried.begin(), tried.end(), at) == tried.end())
                return at;
        }
        return none;
    }

    std::shared_ptr<const plan> plan_;
    service::tier_memory memory_;
    std::vector<std::size_t> next_;  // in the cycle of each tier
};

class round_robin_balancer final : public service::balancer {
public:
    explicit round_robin_balancer(const std::vector<service::node>& nodes)
        : plan_(std::make_shared<const plan>(nodes)) {}

    std::unique_ptr<service::picker> make_picker(unsigned worker) const override {
        return std::make_unique<round_robin_picker>(plan_, worker);
    }

private:
    std::shared_ptr<const plan> plan_;
};

}  // namespace

std::shared_ptr<const service::balancer> round_robin(const std::vector<service::node>& nodes) {
    return std::make_shared<round_robin_balancer>(nodes);
}

}  // namespace sluice::balancers
