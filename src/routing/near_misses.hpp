// SPDX-License-Identifier: Apache-2.0
// The rules a request came close to without being a candidate of any: whoever wrote one of them and
// misspelt it wants to hear. Only which rules to show is guessed here, by the likeness of texts; what
// such a rule lost by is asked of the matcher.
#pragma once

#include "routing/matcher.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace sluice::routing {

struct near_miss {
    std::size_t route;
    miss lost_by;  ///< host or path, whichever was asked first

    friend bool operator==(const near_miss&, const near_miss&) = default;
};

struct near_miss_bounds {
    std::size_t most = 5;   ///< rules
    unsigned farthest = 4;  ///< 1: a slip of the hand in one place; 4: only one of both fits
};

/// The nearest rules of `index` that are not among `candidates`, nearest first. `rule_at` gives the
/// rules the index was made from, `count` of them. Looks at each of them: for people who ask, not for
/// requests.
std::vector<near_miss> near_misses(const matcher& index, std::size_t count,
                                   const std::function<const rule&(std::size_t)>& rule_at,
                                   const request_view& request,
                                   const std::vector<candidate>& candidates,
                                   near_miss_bounds bounds = {});

}  // namespace sluice::routing
