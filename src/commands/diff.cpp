// SPDX-License-Identifier: Apache-2.0
// sluice diff: what a reload from one configuration to another would add, remove and change. Reads
// both as a start would; binds, connects and writes nothing.
#include "app/diff.hpp"

#include "commands/command.hpp"
#include "commands/commands.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace sluice::commands {

namespace {

struct options {
    std::string before, after;
};

int diff(const options& asked) {
    const auto before = app::load_settings(asked.before);
    const auto after = app::load_settings(asked.after);
    std::cerr << before.problems.text() << after.problems.text();
    if (!before.problems.good() || !after.problems.good())
        return bad_config;
    const auto lines = app::differences(before, after);
    for (const auto& line : lines)
        std::cout << line << '\n';
    return lines.empty() ? good : failed;
}

}  // namespace

void add_diff(CLI::App& program, int& exit) {
    const auto asked = std::make_shared<options>();
    command self(program, "diff",
                 "Say what a reload from one configuration to another would change");
    self.add("OLD", asked->before, "The configuration in use").required();
    self.add("NEW", asked->after, "The configuration to come").required();
    self.footer(
        "Prints a line for each difference: + added, - removed, ~ changed, with the key, its old "
        "and its new value.\n"
        "Secrets and what references brought in are only said to have changed. Exit status: 0 "
        "nothing differs,\n"
        "1 something does, 78 one of them is bad, 64 bad usage.");
    self.runs(exit, [asked] { return diff(*asked); });
}

}  // namespace sluice::commands
