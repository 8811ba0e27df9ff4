// SPDX-License-Identifier: Apache-2.0
// The few things HTTP does with short texts: comparing names, trimming, walking comma-separated
// lists (RFC 9110 section 5.6). Used inside http only; nothing here copies.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sluice::http {

inline constexpr auto lower_table = [] {
    std::array<unsigned char, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<unsigned char>(i >= 'A' && i <= 'Z' ? i + ('a' - 'A') : i);
    return table;
}();

inline char to_lower(char c) noexcept {
    return static_cast<char>(lower_table[static_cast<unsigned char>(c)]);
}

/// Equal without regard to case; `lower` is already lower case.
inline bool same_name(std::string_view any, std::string_view lower) noexcept {
    if (any.size() != lower.size())
        return false;
    for (std::size_t i = 0; i < any.size(); ++i)
        if (to_lower(any[i]) != lower[i])
            return false;
    return true;
}

/// Equal without regard to the case of either.
inline bool same_text(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i]))
            return false;
    return true;
}

inline bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Without optional white space at both ends (RFC 9110 section 5.6.3).
inline std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

/// Takes the next item off a comma-separated list, trimmed; empty items come too. Quoted texts are
/// not understood: use it for lists of tokens only.
inline std::string_view next_item(std::string_view& list) noexcept {
    const std::size_t comma = list.find(',');
    const std::string_view item = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return trim(item);
}

/// A byte of a token (RFC 9110 section 5.6.2).
inline constexpr auto token_table = [] {
    std::array<bool, 256> table{};
    for (const unsigned char c :
         std::string_view{"!#$%&'*+-.^_`|~0123456789"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"})
        table[c] = true;
    return table;
}();

inline bool is_token(std::string_view text) noexcept {
    for (const char c : text)
        if (!token_table[static_cast<unsigned char>(c)])
            return false;
    return !text.empty();
}

}  // namespace sluice::http
