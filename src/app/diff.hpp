// SPDX-License-Identifier: Apache-2.0
// What lies between two configurations, by the names of listeners, services and routes. For the
// command `diff` and for the log of a reload. Pure; shows nothing that came from a reference or is
// secret, only that it changed.
#pragma once

#include "app/load_settings.hpp"

#include <string>
#include <vector>

namespace sluice::app {

/// A line each: `+ route new`, `- service old`, `~ service orders: pool.max 10 -> 20`. What a
/// reload cannot change says so. Empty: nothing differs.
std::vector<std::string> differences(const loaded_settings& before, const loaded_settings& after);

}  // namespace sluice::app
