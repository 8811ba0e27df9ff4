// SPDX-License-Identifier: Apache-2.0
// The routes a request did not get to, each with the reason in a sentence. Which ones and why is
// answered by the matcher; here it is put in words.
#pragma once

#include "app/explain/explanation.hpp"
#include "app/explain/teller.hpp"
#include "proxy/table.hpp"
#include "routing/matcher.hpp"

#include <optional>
#include <span>
#include <vector>

namespace sluice::app::explain {

/// In the order the matcher asks them, at most five: those it asked before `winner`, then those that
/// come behind it. After them the nearest that were not asked at all, up to five in all, but two at
/// least.
std::vector<told_loser> losers_of(const teller&, const proxy::table&, const routing::request_view&,
                                  std::span<const routing::candidate>,
                                  std::optional<std::size_t> winner);

/// Which of its hosts and which path condition brought the request to a route.
told_route won_by(const teller&, const proxy::table&, const routing::request_view&,
                  const routing::candidate&);

}  // namespace sluice::app::explain
