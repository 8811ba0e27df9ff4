// SPDX-License-Identifier: Apache-2.0
#include "commands/config_option.hpp"

#include "commands/command.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <system_error>

namespace sluice::commands {

std::shared_ptr<std::string> add_config_option(command& to) {
    const auto path = std::make_shared<std::string>(installed_config);
    const auto file =
        to.add("-c,--config", *path,
               fmt::format("The configuration file; without it: {}", installed_config))
            .type("FILE");
    to.when_read([file] {
        if (file.given())
            return;
        std::cerr << "sluice: no --config, reading " << installed_config << '\n';
        std::error_code unknown;
        if (!std::filesystem::exists(installed_config, unknown))
            std::cerr << "sluice: there is none; a gateway without a file is: "
                         "sluice proxy --listen :8080 --to http://127.0.0.1:3000\n";
    });
    return path;
}

}  // namespace sluice::commands
