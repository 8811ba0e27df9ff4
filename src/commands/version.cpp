// SPDX-License-Identifier: Apache-2.0
// sluice version: what this program was built from and with.
#include "commands/commands.hpp"
#include "commands/version_text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace sluice::commands {

void add_version(CLI::App& program, int& exit) {
    auto* command =
        program.add_subcommand("version", "Print version, commit, compiler and library versions");
    command->callback([&exit] {
        std::cout << version_text();
        exit = good;
    });
}

}  // namespace sluice::commands
