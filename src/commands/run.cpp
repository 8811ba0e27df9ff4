// SPDX-License-Identifier: Apache-2.0
// sluice run: the gateway of a configuration file, in the foreground.
#include "app/load_settings.hpp"
#include "commands/command.hpp"
#include "commands/commands.hpp"
#include "commands/config_option.hpp"
#include "commands/run_gateway.hpp"

namespace sluice::commands {

void add_run(CLI::App& program, int& exit) {
    command self(program, "run", "Run the gateway in the foreground; logs go to stderr");
    const auto path = add_config_option(self);
    self.footer(
        "SIGHUP reloads, SIGUSR1 reopens log files, SIGTERM and SIGINT drain and end, a second one "
        "ends at once.\n"
        "Exit status: 0 after a clean stop, 78 bad configuration, 1 an address cannot be bound, 64 "
        "bad usage.");
    self.runs(exit,
              [path] { return run_gateway([file = *path] { return app::load_settings(file); }); });
}

}  // namespace sluice::commands
