// SPDX-License-Identifier: Apache-2.0
// Small questions about texts that several folders ask: comparing without case, splitting, escaping
// for a message, and finding what somebody probably meant. ASCII rules only; no locale is ever
// looked at.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) noexcept { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

/// True when both texts are equal but for the case of A to Z.
bool iequals(std::string_view a, std::string_view b) noexcept;
std::string to_lower(std::string_view text);

/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;
/// The parts between `separator`; always at least one, parts may be empty.
std::vector<std::string_view> split(std::string_view text, char separator);

/// One or more characters of RFC 9110 section 5.6.2: methods, field names.
bool is_token(std::string_view text) noexcept;

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
