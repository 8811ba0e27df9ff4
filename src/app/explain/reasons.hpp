// SPDX-License-Identifier: Apache-2.0
// Why a route did not get a request, in words. What is decided was decided by the matcher.
#pragma once

#include "app/explain/teller.hpp"
#include "routing/matcher.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::app::explain {

struct reason {
    std::string_view condition;
    std::string sentence;  ///< `method is GET, wants POST`
    std::optional<config::place> where;
};

/// The condition `by` of a rule that failed. `route` is where the rule stands in the list.
reason reason_for(const teller&, std::size_t route, const routing::rule&,
                  const routing::request_view&, routing::miss by);

/// What sets the first of two routes that both match before the other.
std::string rank_reason(const routing::candidate& winner, const routing::rule& won,
                        const routing::candidate& loser, const routing::rule& lost);

/// The host of a rule that brought the request there: `*.example.org`, or `any host`.
std::string host_met(const teller&, const routing::candidate&, const routing::rule&,
                     const routing::request_view&);
/// The path condition of a rule: `the prefix /orders`, or `any path`.
std::string path_wanted(const teller&, std::size_t route, const routing::rule&);

}  // namespace sluice::app::explain
