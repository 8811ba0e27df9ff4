// SPDX-License-Identifier: Apache-2.0
// The keys of a route's `match`, and how a path is read.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/routing/rule.hpp"

#include <string>

namespace sluice::routing {

const config::schema<rule>& rule_schema();

/// What read_path() reads.
config::form path_form();
/// Reads a path into `to`; refuses one that no request can have, since paths are matched in their
/// canonical form.
void read_path(const config::value& from, std::string& to, std::string expected);

}  // namespace sluice::routing
