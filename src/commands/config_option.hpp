// SPDX-License-Identifier: Apache-2.0
// `--config` as every command has it, and the file that is meant when nobody says one.
#pragma once

#include <memory>
#include <string>

namespace sluice::commands {

class command;

/// What an installed gateway reads (scripts/install.sh puts it there).
inline constexpr const char* installed_config = "/etc/sluice/sluice.yaml";

/// Adds `-c,--config FILE` to the command. The result holds the file once the line is parsed; when
/// the option was not given, that it is `installed_config` is said on stderr before the command
/// runs.
std::shared_ptr<std::string> add_config_option(command& to);

}  // namespace sluice::commands
