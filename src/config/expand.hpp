// SPDX-License-Identifier: Apache-2.0
// ${env:NAME}, ${env:NAME:-default} and ${file:PATH} in texts. Used by load.cpp.
#pragma once

#include "sluice/config/load.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::config {

struct expansion {
    std::string text;
    bool is_hidden = false;  ///< something was put in; `$${` alone hides nothing
};

/// Replaces every reference of `text`; what is put in is not looked at again. `directory` (empty,
/// or with its slash) is where relative paths start. Nothing, with the reason in `error`, when a
/// reference is malformed or leads nowhere.
std::optional<expansion> expand(std::string_view text, const std::string& directory,
                                const surroundings& around, std::size_t most_file_bytes,
                                std::string& error);

/// `path` itself when absolute, else below `directory`.
std::string resolve(const std::string& directory, std::string_view path);

}  // namespace sluice::config
