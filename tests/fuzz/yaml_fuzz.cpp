// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration: loading, reading, reporting and dumping end, within bounds, without
// touching the machine, and never show what came from a reference.
#include "app/load_settings.hpp"
#include "sluice/base/strings.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

constexpr std::string_view secret = "q9Zsecret7K";

sluice::config::surroundings nothing_but(const std::string& text) {
    return {[text](const std::string& path, std::size_t, std::string& error) {
                error = "no such file";
                return path == "main.yaml" ? std::optional(text) : std::nullopt;
            },
            [](const std::string&) { return std::vector<std::string>{"main.yaml"}; },
            [](const std::string& path) { return path; },
            [](const std::string& name) {
                return name == "S" ? std::optional(std::string(secret)) : std::nullopt;
            }};
}

void require(bool holds) {
    if (!holds)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    const auto loaded = sluice::app::load_settings("main.yaml", nothing_but(text));
    const bool gave_itself_away = text.find(secret) != std::string::npos;
    const auto json = loaded.problems.json();
    require(sluice::find_invalid_utf8(json) == std::string::npos);
    for (const auto& shown : {loaded.problems.text(), json, loaded.effective()})
        require(gave_itself_away || shown.find(secret) == std::string::npos);
    return 0;
}
