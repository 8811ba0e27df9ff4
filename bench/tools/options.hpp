// SPDX-License-Identifier: Apache-2.0
// The command lines of the bench's tools: `--name value` and `--name`, and how a tool and whoever
// measures it agree on when the clock runs.
#pragma once

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace bench {

class options {
public:
    options(int count, char** arguments, const char* usage) {
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
        for (int at = 1; at < count; ++at) {
            const std::string_view name{arguments[at]};
            if (!name.starts_with("--") || name == "--help") {
                std::fprintf(stderr, "usage: %s %s\n", arguments[0], usage);
                std::exit(64);
            }
            const bool has_value =
                at + 1 < count && !std::string_view{arguments[at + 1]}.starts_with("--");
            given_[std::string{name.substr(2)}] = has_value ? arguments[++at] : "";
        }
    }

    [[nodiscard]] bool has(const std::string& name) const { return given_.contains(name); }
    [[nodiscard]] std::string text(const std::string& name, std::string otherwise) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise : found->second;
    }
    [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise
                                     : std::strtoull(found->second.c_str(), nullptr, 10);
    }
    [[nodiscard]] double seconds(const std::string& name, double otherwise) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise : std::strtod(found->second.c_str(), nullptr);
    }

private:
    std::map<std::string, std::string> given_;
};

/// Everything is connected and nothing moves: waits until whoever measures has read its counters.
inline void wait_for_go() {
    std::puts("ready");
    std::fflush(stdout);
    if (std::getchar() == EOF)
        std::exit(1);
}

/// The result is out, the connections stay: waits until whoever measures has read its counters.
inline void wait_for_end() {
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
}

}  // namespace bench
