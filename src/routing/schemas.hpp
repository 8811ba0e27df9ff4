// SPDX-License-Identifier: Apache-2.0
// The keys of a route's `match`.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/routing/rule.hpp"

#include <string_view>

namespace sluice::routing {

const config::schema<rule>& rule_schema();

/// What keeps `text` from ever being a canonical path, in words; empty when nothing does.
std::string_view path_fault(std::string_view text);

}  // namespace sluice::routing
