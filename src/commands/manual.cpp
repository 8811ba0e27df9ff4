// SPDX-License-Identifier: Apache-2.0
// sluice manual: this program's page for man(1), for the installation.
#include "commands/command_table.hpp"
#include "commands/commands.hpp"
#include "commands/manual_text.hpp"
#include "sluice/base/version.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace sluice::commands {

void add_manual(CLI::App& program, int& exit) {
    auto* command = program.add_subcommand("manual", "Print the manual page, for man(1)");
    command->callback([&program, &exit] {
        std::cout << manual_page(table_of(program), program_version());
        exit = good;
    });
}

}  // namespace sluice::commands
