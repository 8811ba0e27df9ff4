// SPDX-License-Identifier: Apache-2.0
// What `sluice proxy --listen ... --to ...` means, as the configuration a file would hold. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sluice::commands {

/// A command line of `sluice proxy`.
struct proxy_wish {
    std::string listen;           ///< an address, or `:PORT` for every IPv4 address
    std::vector<std::string> to;  ///< `http://NODE[/PATH]`, `https://NODE[/PATH]` or `unix:/PATH`
    std::string host;             ///< `rewrite.host`
    std::string admin;            ///< an address
};

/// The YAML it stands for. Nothing, and why in `problem`, when the nodes cannot be one service; what
/// else is wrong is for the loader to say.
std::optional<std::string> proxy_configuration(const proxy_wish& wish, std::string& problem);

}  // namespace sluice::commands
