// SPDX-License-Identifier: Apache-2.0
// The kinds that need no template. Every refusal says what would have been right and, where the
// slip is a usual one (a missing unit, 1.5s, 64K), what was probably meant.
#include "sluice/config/kinds.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sluice::config {

namespace {

struct unit {
    std::string_view word;
    std::uint64_t of;
};

// Largest first: what is written back takes the first unit that fits without a rest.
constexpr std::array<unit, 8> size_units = {{{"GiB", 1ULL << 30},
                                             {"GB", 1'000'000'000},
                                             {"MiB", 1 << 20},
                                             {"MB", 1'000'000},
                                             {"KiB", 1 << 10},
                                             {"KB", 1000},
                                             {"kB", 1000},
                                             {"B", 1}}};
constexpr std::array<unit, 4> time_units = {
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

template <std::size_t N>
std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                            const std::array<unit, N>& units) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_whole(text.substr(0, digits));
    for (const auto& [word, of] : units)
        if (number && text.substr(digits) == word)
            return *number <= std::numeric_limits<std::uint64_t>::max() / of
                       ? std::optional(*number * of)
                       : std::nullopt;
    return std::nullopt;
}

template <std::size_t N>
std::string quantity_text(std::uint64_t count, const std::array<unit, N>& units) {
    for (const auto& [word, of] : units)
        if (count != 0 && count % of == 0)
            return std::to_string(count / of) + std::string(word);
    return "0" + std::string(units.back().word);
}

/// 1.5s is 1500ms: fractions are not read, but understood well enough to help.
std::string whole_duration_for(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos)
        return parse_whole(text) ? std::string(text) + "s" : std::string();
    const auto unit_at = std::min(text.find_first_not_of("0123456789", dot + 1), text.size());
    const auto fraction = text.substr(dot + 1, unit_at - dot - 1);
    const auto whole_part =
        parse_duration(std::string(text.substr(0, dot)) + std::string(text.substr(unit_at)));
    const auto tenths = parse_duration(std::string(fraction) + std::string(text.substr(unit_at)));
    if (!whole_part || !tenths || fraction.size() != 1)
        return {};
    return duration_text(*whole_part + *tenths / 10);
}

std::string size_with_unit_for(std::string_view text) {
    if (parse_whole(text))
        return std::string(text) + "B";
    for (const auto& [word, of] : size_units) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto rest = trim(text.substr(digits));
        if (digits > 0 &&
            (iequals(rest, word) || (word.size() == 3 && iequals(rest, word.substr(0, 1)))))
            return std::string(text.substr(0, digits)) + std::string(word);
    }
    return {};
}

// What parse_whole() reads.
constexpr std::string_view digits_pattern = "(0|[1-9][0-9]*)";

template <std::size_t N>
form quantity_form(std::string called, const std::array<unit, N>& units) {
    form found{.what = form::type::quantity, .called = std::move(called)};
    std::string pattern;
    for (const auto& [word, of] : units) {
        pattern += (pattern.empty() ? "" : "|") + std::string(word);
        found.unit = std::string(word) + (found.unit.empty() ? "" : ", ") + found.unit;
    }
    found.pattern = std::string(digits_pattern) + "(" + pattern + ")";
    return found;
}

constexpr std::string_view quotes_make_texts = " is a text because of its quotes";

bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    // 010 is ten to a reader and eight to YAML 1.1: nobody shall have to guess.
    const bool padded = text.size() > 1 && text.front() == '0';
    if (text.empty() || padded || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    return parse_quantity(text, size_units);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto count = parse_quantity(text, time_units);
    constexpr std::uint64_t year = 366ULL * 24 * 3'600'000;
    if (!count || *count > year * 100)
        return std::nullopt;
    return std::chrono::milliseconds(*count);
}

std::string bytes_text(std::uint64_t count) {
    // Binary units only, so that a size comes back the way the documentation writes it.
    for (const auto& [word, of] : size_units)
        if (word.find('i') != std::string_view::npos && count != 0 && count % of == 0)
            return std::to_string(count / of) + std::string(word);
    return quantity_text(count, size_units);
}

std::string duration_text(std::chrono::milliseconds length) {
    return quantity_text(static_cast<std::uint64_t>(length.count()), time_units);
}

void text::read(const value& from, std::string& to) const {
    if (!from.is_text())
        return from.refuse_as(expected());
    if (from.text().empty())
        return from.refuse("the text is empty", expected());
    if (from.text().size() > most)
        return from.refuse("the text is too long", "at most " + std::to_string(most) + " bytes");
    if (std::ranges::any_of(
            from.text(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
        return from.refuse("the text holds a control character", expected());
    to = from.text();
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_alpha(c) || is_digit(c) ||
               std::string_view("._-/:@").find(c) != std::string_view::npos;
    });
}

form text::look() const { return named_text("text", {}, std::to_string(most)); }

void name::read(const value& from, std::string& to) const {
    if (!is_name(from.text()))
        return from.refuse_as(expected());
    if (from.text().size() > 128)
        return from.refuse("the name is too long", "at most 128 characters");
    to = from.text();
}

void secret_text::read(const value& from, sluice::secret& to) const {
    from.hide();
    if (!from.is_text())
        return from.refuse(from.what() == shape::null ? "nothing was given"
                                                      : from.shown() + " does not fit",
                           expected());
    if (from.text().empty())
        return from.refuse("the secret is empty", expected());
    if (from.text().size() > 4096 || !std::ranges::all_of(from.text(), is_visible))
        return from.refuse("the secret cannot be sent in a header field", expected());
    to = sluice::secret(std::string(from.text()));
}

void flag::read(const value& from, bool& to) const {
    const auto text = from.text();
    if (from.is_plain() && (text == "true" || text == "false")) {
        to = text == "true";
        return;
    }
    if (text == "true" || text == "false")
        return from.refuse(from.shown() + std::string(quotes_make_texts), expected());
    const bool yes =
        iequals(text, "yes") || iequals(text, "on") || iequals(text, "true") || text == "1";
    const bool no =
        iequals(text, "no") || iequals(text, "off") || iequals(text, "false") || text == "0";
    from.refuse_as(expected(), yes ? "true" : no ? "false" : "");
}

std::optional<std::uint64_t> whole::parse(const value& from) const {
    const auto number = from.is_plain() ? parse_whole(from.text()) : std::nullopt;
    if (!number) {
        if (parse_whole(from.text()))
            from.refuse(from.shown() + std::string(quotes_make_texts), expected());
        else
            from.refuse_as(expected());
        return std::nullopt;
    }
    if (*number < least || *number > most) {
        from.refuse(from.shown() + " is out of range", expected());
        return std::nullopt;
    }
    return number;
}

std::string whole::expected() const {
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

form whole::look() const {
    return {.what = form::type::number,
            .called = "whole number",
            .unit = std::string(unit),
            .least = std::to_string(least),
            .most = std::to_string(most)};
}

form percent::look() const {
    return {.what = form::type::quantity,
            .called = "share",
            .unit = "%",
            .least = "0%",
            .most = "100%",
            .pattern = "(100|[1-9]?[0-9])%"};
}

void percent::read(const value& from, unsigned& to) const {
    const auto text = from.text();
    const auto number =
        text.ends_with('%') ? parse_whole(text.substr(0, text.size() - 1)) : std::nullopt;
    if (!number)
        return from.refuse_as(expected(),
                              parse_whole(text) ? std::string(text) + "%" : std::string());
    if (*number > 100)
        return from.refuse(from.shown() + " is out of range", expected());
    to = static_cast<unsigned>(*number);
}

std::optional<std::uint64_t> bytes::parse(const value& from) const {
    const auto count = parse_bytes(from.text());
    if (!count) {
        from.refuse_as(expected(), size_with_unit_for(from.text()));
        return std::nullopt;
    }
    if (*count < least || *count > most) {
        from.refuse(from.shown() + " is out of range", expected());
        return std::nullopt;
    }
    return count;
}

std::string bytes::expected() const {
    const std::string from = "a size such as 64KiB or 10MB";
    if (most == std::numeric_limits<std::uint64_t>::max())
        return least == 0 ? from : from + ", at least " + bytes_text(least);
    return "a size from " + bytes_text(least) + " to " + bytes_text(most);
}

form bytes::look() const {
    auto found = quantity_form("size", size_units);
    found.least = bytes_text(least);
    if (most != std::numeric_limits<std::uint64_t>::max())
        found.most = bytes_text(most);
    return found;
}

void span::read(const value& from, std::chrono::milliseconds& to) const {
    const auto length = parse_duration(from.text());
    if (!length)
        return from.refuse_as(expected(), whole_duration_for(from.text()));
    if (*length < least || *length > most)
        return from.refuse(from.shown() + " is out of range", expected());
    to = *length;
}

std::string span::expected() const {
    return "a duration from " + duration_text(least) + " to " + duration_text(most);
}

form span::look() const {
    auto found = quantity_form("duration", time_units);
    found.least = duration_text(least);
    found.most = duration_text(most);
    return found;
}

std::optional<std::size_t> parse_word(const value& from, const std::vector<std::string_view>& now,
                                      const std::vector<std::string_view>& later) {
    const auto text = from.text();
    if (const auto at = std::ranges::find(now, text); at != now.end() && from.is_text())
        return static_cast<std::size_t>(at - now.begin());
    if (from.is_text() && std::ranges::find(later, text) != later.end()) {
        from.refuse(from.shown() + " is not in this version", one_of(now));
        return std::nullopt;
    }
    closest_match meant(text);
    for (const auto one : now)
        meant.offer(one);
    from.refuse_as(one_of(now), text.empty() ? std::string() : std::string(meant.best()));
    return std::nullopt;
}

std::string one_of(const std::vector<std::string_view>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        (out += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") += words[i];
    return out;
}

void only_list::check(const value& from) const {
    if (!from.is_list())
        return from.refuse_as(expected());
    if (from.size() == 0)
        return from.refuse("the list is empty", expected());
    for (std::size_t i = 0; i < from.size(); ++i)
        parse_word(from[i], {now}, later);
}

void only_false::check(const value& from) const {
    bool wanted = false;
    flag{}.read(from, wanted);
    if (wanted)
        from.refuse_key("not in this version");
}

}  // namespace sluice::config
