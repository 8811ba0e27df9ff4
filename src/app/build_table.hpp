// SPDX-License-Identifier: Apache-2.0
// Settings and what sources found to the table the workers use, sharing with the table before
// whatever did not change: services, nodes with what was counted about them, routes, the index.
#pragma once

#include "app/settings.hpp"
#include "proxy/table.hpp"
#include "sluice/service/source.hpp"

#include <memory>
#include <span>

namespace sluice::app {

/// The table of checked settings. `workers` sizes the per-worker cells. Services whose nodes a
/// source finds keep those `before` knows, until the source says otherwise; when it is asked for others
/// now, they are marked as carried (table_service). Thread: any.
std::shared_ptr<proxy::table> build_table(const settings&, unsigned workers,
                                          std::uint64_t generation,
                                          const proxy::table* before = nullptr);

/// The table with these lists of nodes instead, of the next generation: costs one service each.
/// Null when that changes nothing. Updates for services that are not there, or have fixed nodes,
/// are dropped.
std::shared_ptr<proxy::table> with_nodes(const proxy::table&,
                                         std::span<const service::source_update>, unsigned workers);

/// Puts what sources found by `now` into a table that was built from an earlier one. The nodes stay
/// the same nodes, with their connections and counts.
void take_found_nodes(proxy::table& to, const proxy::table& now, unsigned workers);

}  // namespace sluice::app
