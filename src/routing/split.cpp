// SPDX-License-Identifier: Apache-2.0
#include "routing/split.hpp"

#include <algorithm>

namespace sluice::routing {

weighted_split::weighted_split(std::span<const unsigned> weights) {
    std::uint64_t sum = 0;
    bounds_.reserve(weights.size());
    for (const unsigned weight : weights)
        bounds_.push_back(sum += weight);
}

std::optional<std::size_t> weighted_split::pick(std::uint64_t number) const noexcept {
    if (bounds_.empty() || bounds_.back() == 0)
        return std::nullopt;
    // The first bound above: an entry of weight 0 has the bound of the one before it and so is
    // passed over.
    const auto chosen = std::upper_bound(bounds_.begin(), bounds_.end(), number % bounds_.back());
    return static_cast<std::size_t>(chosen - bounds_.begin());
}

}  // namespace sluice::routing
