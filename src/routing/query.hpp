// SPDX-License-Identifier: Apache-2.0
// Reading a query for conditions: name=value pairs, percent escapes and '+' decoded for comparing.
// The query that is forwarded is never touched.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::routing {

/// Steps through the pairs of a query, `a=1&b` giving (a, 1) and (b, empty). Empty pairs are
/// skipped.
class query_reader {
public:
    struct pair {
        std::string_view name;   ///< raw
        std::string_view value;  ///< raw, empty without '='
    };

    explicit query_reader(std::string_view query) noexcept : rest_(query) {}
    std::optional<pair> next() noexcept;

private:
    std::string_view rest_;
};

/// True when `raw`, decoded, is `text`. An escape that is none stands for itself.
bool decodes_to(std::string_view raw, std::string_view text) noexcept;

/// `raw` decoded.
std::string decode(std::string_view raw);

}  // namespace sluice::routing
