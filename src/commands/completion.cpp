// SPDX-License-Identifier: Apache-2.0
// sluice completion: the script that completes this program's command lines in a shell.
#include "commands/command_table.hpp"
#include "commands/commands.hpp"
#include "commands/completion_text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace sluice::commands {

void add_completion(CLI::App& program, int& exit) {
    const auto shell = std::make_shared<std::string>();
    auto* command = program.add_subcommand("completion", "Print the completion script of a shell");
    command->add_option("SHELL", *shell, "bash, fish or zsh")
        ->required()
        ->check(CLI::IsMember({"bash", "fish", "zsh"}));
    command->callback([&program, shell, &exit] {
        const auto table = table_of(program);
        std::cout << (*shell == "bash"   ? bash_completion(table)
                      : *shell == "fish" ? fish_completion(table)
                                         : zsh_completion(table));
        exit = good;
    });
}

}  // namespace sluice::commands
