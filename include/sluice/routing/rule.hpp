// SPDX-License-Identifier: Apache-2.0
// What a route matches: plain data, read from the configuration, turned into an index by
// routing/matcher.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::routing {

/// A condition on a header or a query value.
struct value_rule {
    enum class kind : std::uint8_t { exact, regex, present };
    std::string name;  ///< header names are compared without regard to case, query names exactly
    kind how = kind::exact;
    std::string text;  ///< the exact value, or the RE2 pattern for the whole value

    friend bool operator==(const value_rule&, const value_rule&) = default;
};

struct path_rule {
    enum class kind : std::uint8_t { any, exact, prefix, regex };
    kind how = kind::any;
    /// canonical path, prefix on segment boundaries, or RE2 pattern for the whole path
    std::string text;

    friend bool operator==(const path_rule&, const path_rule&) = default;
};

/// All conditions of one route; every one must hold. Which of several matching routes wins:
/// contract, "Which route wins".
struct rule {
    /// lower case; "*.x" is one or more labels before x; empty is any host
    std::vector<std::string> hosts;
    path_rule path;
    std::vector<std::string> methods;  ///< exact, case kept; empty is any
    std::vector<value_rule> headers;
    std::vector<value_rule> query;       ///< compared with decoded values
    std::vector<std::string> listeners;  ///< names; empty is any

    friend bool operator==(const rule&, const rule&) = default;
};

}  // namespace sluice::routing
