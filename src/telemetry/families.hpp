// SPDX-License-Identifier: Apache-2.0
// What each metric family means: the HELP lines of /metrics.
#pragma once

#include <string_view>

namespace sluice::telemetry {

/// The HELP text of a family; empty for a name that is not in the table.
std::string_view help_of(std::string_view family) noexcept;

}  // namespace sluice::telemetry
