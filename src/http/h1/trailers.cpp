// SPDX-License-Identifier: Apache-2.0
// Trailer sections. Their fields are read apart from the head and never merged into it; names a
// recipient might act on as if they had stood in the head are left out (RFC 9110 section 6.5.1).
#include "http/h1/parse.hpp"
#include "http/trailer_names.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::http::h1 {

namespace {

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
    if (may_be_trailer(name))
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
