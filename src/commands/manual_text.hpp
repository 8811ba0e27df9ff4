// SPDX-License-Identifier: Apache-2.0
// The command table as a page for man(1). A pure function.
#pragma once

#include "commands/command_table.hpp"

#include <string>
#include <string_view>

namespace sluice::commands {

/// `version` stands at the foot of the page.
std::string manual_page(const command_table& table, std::string_view version);

}  // namespace sluice::commands
