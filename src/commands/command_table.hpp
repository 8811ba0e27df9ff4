// SPDX-License-Identifier: Apache-2.0
// The commands and options of this program as plain values, read from the command line's own
// definition: what completions and the manual page are written from, so that neither can differ
// from what is accepted.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace sluice::commands {

struct option_row {
    std::vector<std::string> names;    ///< with dashes, short ones first; empty: positional
    std::string value;                 ///< what it takes, in capitals; empty: a flag
    std::vector<std::string> choices;  ///< the only values it takes; empty: any
    std::string fallback;              ///< its value when not given; may be empty
    std::string description;
    bool takes_file() const { return value == "FILE"; }
};

struct command_row {
    std::string name;
    std::string description;
    std::string footer;
    std::vector<option_row> options;
};

struct command_table {
    std::string program;
    std::string description;
    std::vector<command_row> commands;
};

command_table table_of(const CLI::App& program);

}  // namespace sluice::commands
