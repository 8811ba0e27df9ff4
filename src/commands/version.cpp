// SPDX-License-Identifier: Apache-2.0
// sluice version: what this program was built from and with.
#include "commands/command.hpp"
#include "commands/commands.hpp"
#include "commands/version_text.hpp"

#include <iostream>

namespace sluice::commands {

void add_version(CLI::App& program, int& exit) {
    command self(program, "version", "Print version, commit, compiler and library versions");
    self.runs(exit, [] {
        std::cout << version_text();
        return good;
    });
}

}  // namespace sluice::commands
