// SPDX-License-Identifier: Apache-2.0
// sluice manual: this program's page for man(1), for the installation.
#include "commands/command.hpp"
#include "commands/command_table.hpp"
#include "commands/commands.hpp"
#include "commands/manual_text.hpp"
#include "sluice/base/version.hpp"

#include <iostream>

namespace sluice::commands {

void add_manual(CLI::App& program, int& exit) {
    command self(program, "manual", "Print the manual page, for man(1)");
    self.runs(exit, [&program] {
        std::cout << manual_page(table_of(program), program_version());
        return good;
    });
}

}  // namespace sluice::commands
