// SPDX-License-Identifier: Apache-2.0
// The sluice program: the list of its commands. Each command is a file of this folder and a line
// below.
#include "commands/commands.hpp"
#include "sluice/base/strings.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

constexpr sluice::commands::add_command* all_commands[] = {
    sluice::commands::add_run,     sluice::commands::add_proxy,  sluice::commands::add_check,
    sluice::commands::add_explain, sluice::commands::add_diff,   sluice::commands::add_schema,
    sluice::commands::add_backend, sluice::commands::add_manual, sluice::commands::add_completion,
    sluice::commands::add_version,
};

/// CLI11 only says that a command is missing; whoever misspelt one wants to hear which.
int refuse(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv) {
    const bool is_misspelt = argc > 1 && argv[1][0] != '-' && program.get_subcommands().empty();
    if (!is_misspelt || error.get_exit_code() == 0)
        return program.exit(error) == 0 ? sluice::commands::good : sluice::commands::usage;
    sluice::closest_match meant(argv[1]);
    for (const auto* command : program.get_subcommands({}))
        meant.offer(command->get_name());
    std::cerr << "sluice: no command " << sluice::quoted(argv[1]);
    if (!meant.best().empty())
        std::cerr << ", did you mean " << sluice::quoted(meant.best()) << '?';
    std::cerr << "\nRun sluice --help for the list.\n";
    return sluice::commands::usage;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program("A standalone HTTP reverse proxy", "sluice");
    program.require_subcommand(1);
    program.footer("sluice COMMAND --help says more about a command.");
    int exit = sluice::commands::good;
    try {
        for (const auto add : all_commands)
            add(program, exit);
        program.parse(argc, argv);
        return exit;
    } catch (const CLI::ParseError& error) {
        return refuse(program, error, argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "sluice: " << error.what() << '\n';
        return sluice::commands::failed;
    }
}
