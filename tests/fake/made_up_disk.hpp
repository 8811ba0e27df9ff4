// SPDX-License-Identifier: Apache-2.0
// A configuration that is the whole of a made-up disk, and an environment to go with it.
#pragma once

#include "app/load_settings.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fake {

using variables = std::map<std::string, std::string>;

/// What `text` says, as the file `main.yaml`.
inline sluice::app::loaded_settings load_text(const std::string& text,
                                              const variables& known = {}) {
    return sluice::app::load_settings(
        "main.yaml", {[text](const auto& path, std::size_t, std::string& error) {
                          error = "no such file";
                          return path == "main.yaml" ? std::optional(text) : std::nullopt;
                      },
                      [](const auto&) { return std::vector<std::string>(); },
                      [](const auto& path) { return path; },
                      [known](const auto& name) {
                          const auto found = known.find(name);
                          return found == known.end() ? std::nullopt : std::optional(found->second);
                      }});
}

}  // namespace fake
