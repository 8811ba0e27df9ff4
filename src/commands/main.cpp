// SPDX-License-Identifier: Apache-2.0
// The sluice program: the list of its commands. Each command is a file of this folder and a line below.
#include "commands/commands.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

constexpr sluice::commands::add_command* all_commands[] = {
    sluice::commands::add_run,
    sluice::commands::add_check,
    sluice::commands::add_backend,
    sluice::commands::add_version,
};

} // namespace

int main(int argc, char** argv) {
    CLI::App program("sluice, an HTTP reverse proxy", "sluice");
    program.require_subcommand(1);
    program.footer("sluice COMMAND --help says more about a command.");
    int exit = sluice::commands::good;
    try {
        for (const auto add : all_commands)
            add(program, exit);
        program.parse(argc, argv);
        return exit;
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? sluice::commands::good : sluice::commands::usage;
    } catch (const std::exception& error) {
        std::cerr << "sluice: " << error.what() << '\n';
        return sluice::commands::failed;
    }
}
