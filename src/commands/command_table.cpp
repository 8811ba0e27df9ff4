// SPDX-License-Identifier: Apache-2.0
#include "commands/command_table.hpp"

#include "sluice/base/strings.hpp"

#include <CLI/CLI.hpp>

namespace sluice::commands {

namespace {

// CLI11 names what an option takes as `TYPE` or, where a list of words is all it takes, as
// `TYPE:{word,word}`.
void read_type(const std::string& type, option_row& row) {
    const auto colon = type.find(":{");
    row.value = type.substr(0, colon);
    if (colon == std::string::npos)
        return;
    const auto words = std::string_view(type).substr(colon + 2);
    for (const auto word : split(words.substr(0, words.find('}')), ','))
        row.choices.emplace_back(word);
}

option_row row_of(const CLI::Option& option) {
    option_row row;
    for (const auto& name : option.get_snames())
        row.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        row.names.push_back("--" + name);
    if (option.get_expected_max() > 0)
        read_type(option.get_type_name(), row);
    if (row.names.empty())  // a positional one is known by its own name
        row.value = option.get_name(true);
    row.fallback = option.get_default_str();
    row.description = option.get_description();
    return row;
}

command_row row_of(const CLI::App& command) {
    command_row row{command.get_name(), command.get_description(), command.get_footer(), {}};
    for (const auto* option : command.get_options({}))
        row.options.push_back(row_of(*option));
    return row;
}

}  // namespace

command_table table_of(const CLI::App& program) {
    command_table table{program.get_name(), program.get_description(), {}};
    for (const auto* command : program.get_subcommands({}))
        table.commands.push_back(row_of(*command));
    return table;
}

}  // namespace sluice::commands
