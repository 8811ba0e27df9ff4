// SPDX-License-Identifier: Apache-2.0
#include "routing/query.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::routing {

namespace {

/// Takes one decoded byte off the front of `raw`, which is not empty.
char take_byte(std::string_view& raw) noexcept {
    const char first = raw.front();
    const int escaped = escaped_byte(raw, 0);
    raw.remove_prefix(escaped < 0 ? 1 : 3);
    if (escaped >= 0)
        return static_cast<char>(escaped);
    return first == '+' ? ' ' : first;
}

}  // namespace

std::optional<query_reader::pair> query_reader::next() noexcept {
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('&'), rest_.size());
        const std::string_view one = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (one.empty())
            continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        return pair{one.substr(0, equals), one.substr(std::min(equals + 1, one.size()))};
    }
    return std::nullopt;
}

bool decodes_to(std::string_view raw, std::string_view text) noexcept {
    for (const char wanted : text)
        if (raw.empty() || take_byte(raw) != wanted)
            return false;
    return raw.empty();
}

std::string decode(std::string_view raw) {
    std::string text;
    text.reserve(raw.size());
    while (!raw.empty())
        text += take_byte(raw);
    return text;
}

}  // namespace sluice::routing
