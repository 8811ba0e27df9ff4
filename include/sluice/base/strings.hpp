// SPDX-License-Identifier: Apache-2.0
// Small questions about texts that several folders ask: comparing without case, splitting, reading
// escapes, and finding what somebody probably meant. ASCII rules only; no locale is ever looked at.
// What a request asks of each of its fields is inline; nothing inline copies.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

inline constexpr auto lower_table = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<char>(i >= 'A' && i <= 'Z' ? i + ('a' - 'A') : i);
    return table;
}();

constexpr char to_lower(char c) noexcept { return lower_table[static_cast<unsigned char>(c)]; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) noexcept { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// True when both texts are equal but for the case of A to Z.
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return to_lower(x) == to_lower(y);
           });
}
std::string to_lower(std::string_view text);

inline constexpr std::string_view hex_digits = "0123456789abcdef";

/// What a hexadecimal digit of either case stands for, -1 for any other character.
constexpr int hex_value(char c) noexcept {
    if (is_digit(c))
        return c - '0';
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte that the `%` escape at `at` stands for (RFC 3986 section 2.1), -1 when there is no
/// whole escape.
constexpr int escaped_byte(std::string_view text, std::size_t at) noexcept {
    if (at + 3 > text.size() || text[at] != '%')
        return -1;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Without spaces and tabs at both ends (RFC 9110 section 5.6.3).
constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Takes the next item off a comma-separated list (RFC 9110 section 5.6.1), trimmed; empty items
/// come too. Quoted texts are not understood: use it for lists of tokens only.
constexpr std::string_view next_item(std::string_view& list) noexcept {
    const std::size_t comma = list.find(',');
    const std::string_view item = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return trim(item);
}

/// The parts between `separator`; always at least one, parts may be empty.
std::vector<std::string_view> split(std::string_view text, char separator);

inline constexpr auto token_table = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789"
                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}();

/// One or more characters of RFC 9110 section 5.6.2: methods, field names.
constexpr bool is_token(std::string_view text) noexcept {
    for (const char c : text)
        if (!token_table[static_cast<unsigned char>(c)])
            return false;
    return !text.empty();
}

/// How many bytes the well-formed UTF-8 character at the front of `text` takes (RFC 3629 section
/// 4), 0 when there is none: cut, overlong, a surrogate, or above U+10FFFF.
std::size_t utf8_length(std::string_view text) noexcept;
/// Where the first byte that is not UTF-8 stands (overlong forms and surrogates are not), or npos.
std::size_t find_invalid_utf8(std::string_view text) noexcept;

/// `text` in double quotes for a message: control characters escaped, cut after `most` bytes.
std::string quoted(std::string_view text, std::size_t most = 80);

/// Insertions, deletions, changes and swaps of neighbours that turn `a` into `b`, case ignored;
/// `most` + 1 when there are more than `most`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

/// What was probably meant: keeps the nearest of the candidates offered, if any is near enough.
class closest_match {
public:
    explicit closest_match(std::string_view wrong);
    void offer(std::string_view candidate);
    /// The best candidate, empty when none is near. A view into what was offered.
    std::string_view best() const noexcept { return best_; }

private:
    std::string_view wrong_;
    std::string_view best_;
    std::size_t distance_;  // of best_; only nearer ones replace it
};

}  // namespace sluice
