// SPDX-License-Identifier: Apache-2.0
// Settings to the table the workers use: services with their balancers, routes with their
// deadlines, the index.
#pragma once

#include "app/settings.hpp"
#include "proxy/table.hpp"

#include <memory>

namespace sluice::app {

/// Builds the table of that generation from checked settings. `workers` sizes the per-worker cells.
std::shared_ptr<const proxy::table> build_table(const settings&, unsigned workers,
                                                std::uint64_t generation);

}  // namespace sluice::app
