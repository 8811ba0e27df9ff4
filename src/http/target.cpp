// SPDX-License-Identifier: Apache-2.0
// Request targets: one pass decides whether a path is canonical, must be rewritten or is refused;
// only a rewrite copies. The Host field is read in authority.cpp.
#include "sluice/http/target.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sluice::http {

namespace {

enum class kind : std::uint8_t { forbidden, plain, slash, percent, question };

// Every visible ASCII byte may stand in a path except `#` and `\`. That is a little more than RFC
// 3986 allows: browsers and curl send `[ ] | { } ^ " < >` and the back-quote bare, and none of them
// separates anything.
// A bare `\` is refused because servers on Windows, and browsers, read it as `/`.
constexpr std::array<kind, 256> make_kinds() {
    std::array<kind, 256> kinds{};
    for (unsigned c = 0x21; c < 0x7F; ++c)
        kinds[c] = kind::plain;
    kinds['#'] = kinds['\\'] = kind::forbidden;
    kinds['/'] = kind::slash;
    kinds['%'] = kind::percent;
    kinds['?'] = kind::question;
    return kinds;
}
constexpr auto kinds = make_kinds();

kind kind_of(char c) noexcept { return kinds[static_cast<unsigned char>(c)]; }

constexpr std::array<bool, 256> make_unreserved() {
    std::array<bool, 256> set{};
    for (const char c :
         std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"})
        set[static_cast<unsigned char>(c)] = true;
    return set;
}
constexpr auto unreserved = make_unreserved();

/// How many escapes from `at` on form one UTF-8 character, or 0: broken off, overlong, a surrogate
/// or above U+10FFFF (the well-formed byte sequences of the Unicode standard, table 3-7). `lead` is
/// the byte at `at`, 0x80 or more.
std::size_t character_escapes(std::string_view text, std::size_t at, int lead) noexcept {
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (std::size_t i = 1; i < length; ++i) {
        const int byte = escaped_byte(text, at + 3 * i);
        if (byte < low || byte > high)
            return 0;
        low = 0x80;  // only the second byte has a narrower range
        high = 0xBF;
    }
    return length;
}

/// True when the segment that begins at `at` is `.` or `..`.
bool is_dot_segment(std::string_view text, std::size_t at) noexcept {
    const auto ends = [&](std::size_t i) {
        return i >= text.size() || text[i] == '/' || text[i] == '?';
    };
    if (at >= text.size() || text[at] != '.')
        return false;
    return ends(at + 1) || (text[at + 1] == '.' && ends(at + 2));
}

enum class finding : std::uint8_t { canonical, rewrite, invalid };

struct scan_result {
    finding what;
    std::size_t end;  ///< of the path: where the `?` or the end of the text is
};

/// Judges the path that `text` begins with. The hot path: a plain byte costs one table look-up.
scan_result scan_path(std::string_view text) noexcept {
    if (text.empty() || text.front() != '/')
        return {finding::invalid, 0};
    finding what = finding::canonical;
    std::size_t i = 0;
    while (i < text.size()) {
        switch (kind_of(text[i])) {
        case kind::plain:
            ++i;
            break;
        case kind::slash:
            if (is_dot_segment(text, ++i))
                what = finding::rewrite;
            break;
        case kind::question:
            return {what, i};
        case kind::forbidden:
            return {finding::invalid, i};
        case kind::percent: {
            const int byte = escaped_byte(text, i);
            if (byte < 0x20 || byte == 0x7F)  // also -1: no escape at all
                return {finding::invalid, i};
            const std::size_t escapes = byte < 0x80 ? 1 : character_escapes(text, i, byte);
            if (escapes == 0)
                return {finding::invalid, i};
            if (unreserved[static_cast<std::size_t>(byte)])
                what = finding::rewrite;
            i += 3 * escapes;
            break;
        }
        }
    }
    return {what, i};
}

/// Copies `path`, already scanned, with the escapes of unreserved characters decoded. Returns the
/// new size.
/// Nothing is decoded twice: `%25` is no unreserved character, so `%252e` stays as it is.
std::size_t decode_unreserved(std::string_view path, char* out) noexcept {
    std::size_t size = 0;
    for (std::size_t i = 0; i < path.size();) {
        const int byte = escaped_byte(path, i);
        if (byte >= 0 && unreserved[static_cast<std::size_t>(byte)]) {
            out[size++] = static_cast<char>(byte);
            i += 3;
        } else {
            out[size++] = path[i++];
        }
    }
    return size;
}

/// Removes dot segments in place (RFC 3986 section 5.2.4, but `..` above the root is refused rather
/// than dropped).
/// Each turn handles a slash and the segment behind it; what is kept always begins with a slash.
std::optional<std::size_t> remove_dot_segments(char* text, std::size_t size) noexcept {
    const std::string_view all{text, size};
    std::size_t kept = 0;
    for (std::size_t at = 0; at < size;) {
        const std::size_t end = std::min(all.find('/', at + 1), size);
        const std::string_view segment = all.substr(at + 1, end - at - 1);
        if (segment == "..") {
            if (kept == 0)
                return std::nullopt;
            kept = all.rfind('/', kept - 1);
        } else if (segment != ".") {
            std::memmove(text + kept, text + at, end - at);
            kept += end - at;
            at = end;
            continue;
        }
        if (end == size)  // `/a/.` and `/a/b/..` name a directory: `/a/`
            text[kept++] = '/';
        at = end;
    }
    return kept;
}

std::optional<std::string_view> rewrite_path(std::string_view path, arena& room) {
    char* text = room.allocate(path.size());
    const auto size = remove_dot_segments(text, decode_unreserved(path, text));
    if (!size)
        return std::nullopt;
    return std::string_view{text, *size};
}

/// The query is forwarded as it came, so only what cannot stand in a request line is refused.
bool is_query(std::string_view text) noexcept {
    for (const char c : text)
        if (c <= 0x20 || c == 0x7F || c == '#')  // char is signed: this covers 0x80 and above
            return false;
    return true;
}
static_assert(static_cast<char>(0x80) < 0, "is_query relies on signed char");

/// Path and query, from the first slash on.
std::optional<target> parse_origin(std::string_view raw, arena& room) {
    const scan_result found = scan_path(raw);
    if (found.what == finding::invalid)
        return std::nullopt;
    target result;
    result.path = raw.substr(0, found.end);
    if (found.end < raw.size()) {
        result.has_query = true;
        result.query = raw.substr(found.end + 1);
        if (!is_query(result.query))
            return std::nullopt;
    }
    if (found.what == finding::canonical)
        return result;
    const auto path = rewrite_path(result.path, room);
    if (!path)
        return std::nullopt;
    result.path = *path;
    result.rewritten = true;
    return result;
}

/// What follows `http://` or `https://` in any case, or nullopt.
std::optional<std::string_view> after_scheme(std::string_view raw) noexcept {
    for (const std::string_view scheme : {"http://", "https://"})
        if (iequals(raw.substr(0, scheme.size()), scheme))
            return raw.substr(scheme.size());
    return std::nullopt;
}

/// RFC 9112 section 3.2.2. An empty path means `/`, for OPTIONS `*` (section 3.2.4); neither counts
/// as rewritten.
std::optional<target> parse_absolute(std::string_view raw, method verb, arena& room) {
    const auto rest = after_scheme(raw);
    if (!rest)
        return std::nullopt;
    const std::size_t end = std::min(rest->find_first_of("/?"), rest->size());
    const std::string_view named = rest->substr(0, end);
    if (!parse_authority(named, room))
        return std::nullopt;
    const std::string_view behind = rest->substr(end);
    target result;
    if (!behind.empty() && behind.front() == '/') {
        const auto parsed = parse_origin(behind, room);
        if (!parsed)
            return std::nullopt;
        result = *parsed;
    } else {
        result.has_query = !behind.empty();
        result.query = behind.substr(result.has_query ? 1 : 0);
        if (!is_query(result.query))
            return std::nullopt;
        result.path = verb == method::options && !result.has_query ? "*" : "/";
    }
    result.authority = named;
    return result;
}

}  // namespace

std::optional<target> parse_target(std::string_view raw, method verb, arena& room) {
    if (raw.empty())
        return std::nullopt;
    if (raw.front() == '/')
        return parse_origin(raw, room);
    if (raw == "*") {
        if (verb != method::options)
            return std::nullopt;
        target result;
        result.path = raw;
        return result;
    }
    return parse_absolute(raw, verb, room);
}

std::optional<std::string_view> canonical_path(std::string_view raw, arena& room) {
    const scan_result found = scan_path(raw);
    if (found.what == finding::invalid || found.end != raw.size())
        return std::nullopt;
    return found.what == finding::canonical ? std::optional{raw} : rewrite_path(raw, room);
}

}  // namespace sluice::http
