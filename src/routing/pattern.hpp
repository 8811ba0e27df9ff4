// SPDX-License-Identifier: Apache-2.0
// A user's regular expression: RE2 (linear time) with bounded memory, always matched against the whole text.
// The matcher runs them; whoever reads the configuration asks problem() so that both agree on what is valid.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace sluice::routing {

/// Immutable. Thread: any; RE2 guards its own cache of states.
class pattern {
public:
    explicit pattern(std::string_view text);
    ~pattern();
    pattern(const pattern&) = delete;
    pattern& operator=(const pattern&) = delete;

    /// Why the expression cannot be used, or empty. A pattern with a problem matches nothing.
    std::string problem() const;

    /// True when the expression matches all of `text`.
    bool matches(std::string_view text) const;

    /// What every matching text begins with, at most `longest` bytes of it. Empty when nothing is known.
    std::string literal_prefix(std::size_t longest) const;

private:
    std::unique_ptr<re2::RE2> expression_;
};

} // namespace sluice::routing
