// SPDX-License-Identifier: Apache-2.0
// Trailer sections. Their fields are read apart from the head and never merged into it; names a
// recipient might act on as if they had stood in the head are left out (RFC 9110 section 6.5.1).
#include "http/h1/hop_by_hop.hpp"
#include "http/h1/parse.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>

namespace sluice::http::h1 {

namespace {

// Framing, routing, request modifiers, authentication, response control and content format; the
// known ids and the X-Forwarded-* family are covered by their id.
constexpr std::array forbidden_names = std::to_array<std::string_view>({
    "accept-encoding",
    "age",
    "authentication-info",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "pragma",
    "proxy-authentication-info",
    "range",
    "retry-after",
    "set-cookie",
    "vary",
    "warning",
    "www-authenticate",
    "x-real-ip",
});
static_assert(std::ranges::is_sorted(forbidden_names));

constexpr std::size_t longest_forbidden =
    std::ranges::max_element(forbidden_names, {}, &std::string_view::size)->size();

// Underscores count as hyphens here: Content_Length is no better at the end of a message than at
// its front.
bool is_forbidden(std::string_view name) {
    if (identify(name, spelling::underscore_is_hyphen) != field_id::other)
        return true;
    if (name.size() > longest_forbidden)
        return false;
    std::array<char, longest_forbidden> lower{};
    std::ranges::transform(name, lower.begin(),
                           [](char c) { return c == '_' ? '-' : to_lower(c); });
    return std::ranges::binary_search(forbidden_names, std::string_view{lower.data(), name.size()});
}

bool holds_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
}

// One field line without its CRLF. RFC 9112 section 5: no white space before the colon, no folding.
bool take_line(std::string_view line, header_list& trailers) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
        return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_token(name) || holds_control(value))
        return false;
    if (!is_forbidden(name))
        trailers.add(field{name, value, field_id::other, false});
    return true;
}

}  // namespace

bool parse_trailers(byte_view bytes, const limits& bounds, header_list& trailers) {
    trailers.clear();
    if (bytes.size() > bounds.head)
        return false;
    for (std::size_t count = 0;; ++count) {
        const std::size_t end = bytes.find("\r\n");
        if (end == byte_view::npos)
            return false;
        const byte_view line = bytes.substr(0, end);
        bytes.remove_prefix(end + 2);
        if (line.empty())
            return bytes.empty();
        if (count == bounds.headers || line.size() > bounds.line || !take_line(line, trailers))
            return false;
    }
}

}  // namespace sluice::http::h1
