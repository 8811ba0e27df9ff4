// SPDX-License-Identifier: Apache-2.0
// sluice check: reads everything a start would read and prints every problem. Never binds, connects
// or writes files.
#include "app/load_settings.hpp"
#include "commands/command.hpp"
#include "commands/commands.hpp"
#include "commands/config_option.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

namespace sluice::commands {

namespace {

struct options {
    std::shared_ptr<std::string> config;
    std::string format = "text";
};

std::string counted(std::size_t count, std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string verdict(const options& asked, const app::loaded_settings& loaded) {
    const auto& problems = loaded.problems;
    if (!problems.good())
        return fmt::format("{}: {}\n", *asked.config, counted(problems.errors(), "error"));
    const auto& read = loaded.values;
    return fmt::format(
        "{}: good, {}, {}, {}\n", *asked.config, counted(read.listeners.size(), "listener"),
        counted(read.services.size(), "service"), counted(read.routes.size(), "route"));
}

int check(const options& asked) {
    const auto loaded = app::load_settings(*asked.config);
    if (asked.format == "json")
        std::cout << loaded.problems.json() << '\n';
    else
        std::cout << loaded.problems.text() << verdict(asked, loaded);
    return loaded.problems.good() ? good : bad_config;
}

}  // namespace

void add_check(CLI::App& program, int& exit) {
    const auto asked = std::make_shared<options>();
    command self(program, "check", "Read a configuration and print every problem in it");
    asked->config = add_config_option(self);
    self.add("--format", asked->format, "How problems are printed: text or json")
        .one_of({"text", "json"})
        .type("FORMAT");
    self.footer(
        "Reads included files, secrets and regular expressions as a start would; binds, connects "
        "and writes\n"
        "nothing. Exit status: 0 good (warnings too), 78 bad configuration, 64 bad usage.");
    self.runs(exit, [asked] { return check(*asked); });
}

}  // namespace sluice::commands
