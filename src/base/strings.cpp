// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <cstdint>

namespace sluice {

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return to_lower(c); });
    return lower;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::size_t utf8_length(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
    };
    const auto tail = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
    const int first = at(0), second = at(1);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && second < 0x90;
        const bool above = first == 0xF4 && second > 0x8F;
        return tail(1) && tail(2) && tail(3) && !overlong && !above ? 4 : 0;
    }
    return 0;
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const auto length = utf8_length(text.substr(at));
        if (length == 0)
            return at;
        at += length;
    }
    return std::string_view::npos;
}

std::string quoted(std::string_view text, std::size_t most) {
    std::string out = "\"";
    const auto end = std::min(most, text.size());
    for (std::size_t at = 0; at < end;) {
        const auto length = utf8_length(text.substr(at));
        const auto byte = static_cast<std::uint8_t>(text[at]);
        // C1 controls move the cursor of some terminals just as C0 ones do.
        const bool control =
            byte < 0x20 || byte == 0x7F || (byte == 0xC2 && length == 2 && text[at + 1] < '\xA0');
        if (length == 0 || control)
            (out += "\\x") += {hex_digits[byte >> 4], hex_digits[byte & 15]};
        else
            out += text.substr(at, length);
        at += length == 0 || control ? 1 : length;
    }
    return out += end < text.size() ? "...\"" : "\"";
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
    const auto shorter = std::min(a.size(), b.size()), longer = std::max(a.size(), b.size());
    if (longer - shorter > most || longer > 255)
        return most + 1;
    // Three rows of the optimal string alignment matrix: the one before the last is needed for
    // swaps.
    std::size_t rows[3][256];
    for (std::size_t j = 0; j <= b.size(); ++j)
        rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        const auto* above = rows[(i - 1) % 3];
        auto* row = rows[i % 3];
        auto least = row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) &&
                                 to_lower(a[i - 2]) == to_lower(b[j - 1]);
            if (swapped)
                row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
            least = std::min(least, row[j]);
        }
        if (least > most + 1)  // a later swap can win back one row's step
            return most + 1;
    }
    return std::min(rows[a.size() % 3][b.size()], most + 1);
}

// A third of the letters may be wrong, three at most: more would be guessing.
closest_match::closest_match(std::string_view wrong)
    : wrong_(wrong), distance_(std::clamp<std::size_t>(wrong.size() / 3, 1, 3) + 1) {}

/// `warning` for `warn`, `round` for `round_robin`: worth a suggestion when nothing is nearer.
constexpr std::size_t longer_form_distance = 1;

void closest_match::offer(std::string_view candidate) {
    if (distance_ == 0)
        return;
    const auto shared = std::min(wrong_.size(), candidate.size());
    const bool is_longer_form =
        shared >= 3 && iequals(wrong_.substr(0, shared), candidate.substr(0, shared));
    const auto distance = std::min(edit_distance(wrong_, candidate, distance_ - 1),
                                   is_longer_form ? longer_form_distance : distance_);
    if (distance < distance_) {
        distance_ = distance;
        best_ = candidate;
    }
}

}  // namespace sluice
