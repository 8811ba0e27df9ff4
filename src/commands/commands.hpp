// SPDX-License-Identifier: Apache-2.0
// What every command offers to main.cpp: it adds itself and its options to the command line, and
// runs when chosen.
#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace sluice::commands {

/// What a command ends the process with (contract: "Commands"; the numbers of sysexits.h).
enum exit_code : int { good = 0, failed = 1, usage = 64, bad_config = 78 };

/// Adds one command. Its callback stores the exit code in `exit`, which outlives the parsing.
using add_command = void(CLI::App& program, int& exit);

add_command add_backend;
add_command add_check;
add_command add_completion;
add_command add_diff;
add_command add_explain;
add_command add_manual;
add_command add_proxy;
add_command add_run;
add_command add_schema;
add_command add_version;

}  // namespace sluice::commands
