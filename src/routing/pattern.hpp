// SPDX-License-Identifier: Apache-2.0
// A user's regular expression: RE2 (linear time) with bounded memory, always matched against the
// whole text.
// The matcher runs them; whoever reads the configuration asks problem() so that both agree on what
// is valid.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}  // namespace re2

namespace sluice::routing {

/// What every text that `expression` matches begins with, at most `longest` bytes of it; empty when
/// that is not plain to see. Reads the expression only, so it costs next to nothing.
std::string literal_prefix(std::string_view expression, std::size_t longest);

/// Compiled at its first use: 100,000 of them would take a second and 350 MB, and most are never
/// asked between two reloads. Thread: any; RE2 guards its own cache of states.
class pattern {
public:
    explicit pattern(std::string text);
    ~pattern();
    pattern(const pattern&) = delete;
    pattern& operator=(const pattern&) = delete;

    /// Why the expression cannot be used, or empty. A pattern with a problem matches nothing.
    std::string problem() const;

    /// True when the expression matches all of `text`.
    bool matches(std::string_view text) const;

private:
    const re2::RE2& compiled() const;

    std::string text_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace sluice::routing
