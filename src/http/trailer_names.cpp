// SPDX-License-Identifier: Apache-2.0
// The names RFC 9110 section 6.5.1 has in mind, as a table.
#include "http/trailer_names.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/http/head.hpp"

#include <algorithm>
#include <array>

namespace sluice::http {

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

}  // namespace

// Underscores count as hyphens here: Content_Length is no better at the end of a message than at
// its front.
bool may_be_trailer(std::string_view name) noexcept {
    if (identify(name, spelling::underscore_is_hyphen) != field_id::other)
        return false;
    if (name.size() > longest_forbidden)
        return true;
    std::array<char, longest_forbidden> lower{};
    std::ranges::transform(name, lower.begin(),
                           [](char c) { return c == '_' ? '-' : to_lower(c); });
    return !std::ranges::binary_search(forbidden_names,
                                       std::string_view{lower.data(), name.size()});
}

}  // namespace sluice::http
