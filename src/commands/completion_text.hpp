// SPDX-License-Identifier: Apache-2.0
// The command table as a script that completes a half-typed command line. Pure functions.
#pragma once

#include "commands/command_table.hpp"

#include <string>

namespace sluice::commands {

std::string bash_completion(const command_table& table);
std::string fish_completion(const command_table& table);
std::string zsh_completion(const command_table& table);

}  // namespace sluice::commands
