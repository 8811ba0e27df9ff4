// SPDX-License-Identifier: Apache-2.0
// The conditions of a rule beside host and path: methods, listeners, headers, query. The matcher
// asks them for every route whose host and path match; explain asks which one failed.
#pragma once

#include "routing/pattern.hpp"
#include "routing/request_view.hpp"
#include "sluice/routing/rule.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace sluice::routing {

/// The first condition that does not hold, in the order they are asked. Host and path are the
/// matcher's; a rule that is asked for the others has met them.
struct miss {
    enum class kind : std::uint8_t { none, host, path, method, listener, header, query };
    kind what = kind::none;
    std::size_t index = 0;  ///< which entry of rule::headers or rule::query

    friend bool operator==(const miss&, const miss&) = default;
};

/// A value_rule ready to be asked.
struct value_condition {
    explicit value_condition(const value_rule& from);
    /// `decoded` is the whole value.
    bool accepts(std::string_view decoded) const;

    value_rule rule;
    std::unique_ptr<pattern> expression;  ///< only for value_rule::kind::regex
};

/// Immutable. Thread: any.
class conditions {
public:
    explicit conditions(const rule& from);

    /// What counts when two routes of the same host and path compete: methods and listeners one
    /// each, every header and query entry one.
    static std::size_t count(const rule& of) noexcept;

    /// Headers: of several lines with that name any one may match. `host` means the Host field; the
    /// framing fields (Content-Length, Transfer-Encoding) are no part of the model and never match.
    /// Query: of several pairs with that name any one may match; names and values are compared
    /// decoded.
    miss first_miss(const request_view& request) const;

private:
    std::vector<std::string> methods_;
    std::vector<std::string> listeners_;
    std::vector<value_condition> headers_;
    std::vector<value_condition> query_;
};

}  // namespace sluice::routing
