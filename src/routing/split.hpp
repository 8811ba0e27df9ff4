// SPDX-License-Identifier: Apache-2.0
// Which of a route's `services` a request goes to, by weight. Stateless: the caller brings the
// random number, so the choice needs no lock and a test can repeat it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sluice::routing {

class weighted_split {
public:
    explicit weighted_split(std::span<const unsigned> weights);

    /// The index of the chosen weight; the same number always gives the same index. A weight of 0
    /// is never chosen; nullopt when there is no other. Of `sum of weights` numbers in a row each
    /// index gets exactly its weight.
    std::optional<std::size_t> pick(std::uint64_t number) const noexcept;

private:
    std::vector<std::uint64_t> bounds_;  ///< running sums: index i is chosen below bounds_[i]
};

}  // namespace sluice::routing
