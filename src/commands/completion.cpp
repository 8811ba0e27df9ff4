// SPDX-License-Identifier: Apache-2.0
// sluice completion: the script that completes this program's command lines in a shell.
#include "commands/command.hpp"
#include "commands/command_table.hpp"
#include "commands/commands.hpp"
#include "commands/completion_text.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace sluice::commands {

void add_completion(CLI::App& program, int& exit) {
    const auto shell = std::make_shared<std::string>();
    command self(program, "completion", "Print the completion script of a shell");
    self.add("SHELL", *shell, "bash, fish or zsh").required().one_of({"bash", "fish", "zsh"});
    self.runs(exit, [&program, shell] {
        const auto table = table_of(program);
        std::cout << (*shell == "bash"   ? bash_completion(table)
                      : *shell == "fish" ? fish_completion(table)
                                         : zsh_completion(table));
        return good;
    });
}

}  // namespace sluice::commands
