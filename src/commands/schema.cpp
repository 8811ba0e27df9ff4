// SPDX-License-Identifier: Apache-2.0
// sluice schema: the table of keys for others. As a JSON Schema, with which editors complete and
// check; as Markdown, which is docs/configuration.md.
#include "sluice/config/schema.hpp"

#include "app/load_settings.hpp"
#include "commands/command.hpp"
#include "commands/commands.hpp"
#include "sluice/config/json_schema.hpp"
#include "sluice/config/reference.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace sluice::commands {

namespace {

constexpr const char* intro = R"(# Configuration reference

Every key of this version. Written by `scripts/reference.sh` from the table of keys that also reads the configuration;
do not edit it here. [conf/full.yaml](../conf/full.yaml) shows the same keys in use.

- **Durations** are a whole number and a unit: `250ms`, `5s`, `2m`, `1h`. **Sizes**: `512B`, `64KiB`, `10MB`.
- **References**: any value may be, or hold, `${env:NAME}`, `${env:NAME:-default}` or `${file:PATH}`.
- **Relative paths** start at the folder of the file they stand in.
- **Takes effect on**: a *reload* is SIGHUP or `POST /api/v1/reload`; what needs a *restart* keeps its old value until then.
- **Checked** by `sluice check --config FILE`, which names the line of everything that is wrong.
- **In an editor**: `sluice schema > sluice.schema.json`, and as the first line of the configuration
  `# yaml-language-server: $schema=sluice.schema.json`.
)";

int print(const std::string& format) {
    const auto& keys = app::settings_schema();
    if (format == "markdown")
        std::cout << config::reference_page(keys, intro);
    else
        std::cout << config::json_schema(keys, "sluice configuration") << '\n';
    return good;
}

}  // namespace

void add_schema(CLI::App& program, int& exit) {
    const auto format = std::make_shared<std::string>("json");
    command self(program, "schema", "Print the JSON Schema or the reference of the configuration");
    self.add("--format", *format, "What is printed: json or markdown")
        .one_of({"json", "markdown"})
        .type("FORMAT");
    self.footer(
        "Editors complete and check with the schema: sluice schema > sluice.schema.json, then, as "
        "the first\n"
        "line of a configuration, # yaml-language-server: $schema=sluice.schema.json");
    self.runs(exit, [format] { return print(*format); });
}

}  // namespace sluice::commands
