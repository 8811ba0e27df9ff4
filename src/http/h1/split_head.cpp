// SPDX-License-Identifier: Apache-2.0
// The scanner has been here: every line ends with CRLF, none is folded, control characters stand
// nowhere but a tab in a value, the version is one of HTTP/1. What is left to find are the parts.
// Why not a library's parser: docs/adr/0013. Beast's is asked in tests whether it reads the same
// (unit/http/beast_reading.hpp).
#include "http/h1/split_head.hpp"

#include "http/h1/byte_masks.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <bit>
#include <span>

namespace sluice::http::h1 {

namespace {

constexpr std::string_view version_text = "HTTP/1.1";
constexpr std::string_view line_end = "\r\n";

// `text` ends with the digit of the minor version.
unsigned minor_of(std::string_view text) noexcept {
    return std::min<unsigned>(static_cast<unsigned>(text.back() - '0'), 1);
}

// How many characters of a token (RFC 9110 section 5.6.2) stand at the front.
std::size_t token_length(std::string_view text) noexcept {
    std::size_t length = 0;
    if (text.size() >= mask_width)
        length = static_cast<std::size_t>(std::countr_one(usual_name_bytes(text.data())));
    while (length < text.size() && token_table[static_cast<unsigned char>(text[length])])
        ++length;
    return length;
}

// method SP request-target SP HTTP-version, each space alone (RFC 9112 section 3).
std::string_view split(std::string_view text, request_line& line) noexcept {
    const std::size_t method = token_length(text);
    const std::size_t around = method + 1 + 1 + version_text.size();
    if (method == 0 || text.size() <= around || text[method] != ' ')
        return "the method is not a token";
    line.method = text.substr(0, method);
    line.target = text.substr(method + 1, text.size() - around);
    line.minor_version = minor_of(text);
    return line.target.find(' ') == std::string_view::npos ? std::string_view{}
                                                           : "the start line is malformed";
}

// HTTP-version SP 3DIGIT SP [reason-phrase] (RFC 9112 section 4). The second space is asked for
// even when no reason follows it; many servers leave it out then.
std::string_view split(std::string_view text, status_line& line) noexcept {
    constexpr std::size_t code = version_text.size() + 1;
    constexpr std::size_t bare = code + 3;
    if (text.size() < bare || text[version_text.size()] != ' ' ||
        (text.size() > bare && text[bare] != ' '))
        return "the status is not three digits";
    line.status = 0;
    for (const char c : text.substr(code, 3)) {
        if (!is_digit(c))
            return "the status is not three digits";
        line.status = line.status * 10 + static_cast<unsigned>(c - '0');
    }
    line.reason = text.substr(std::min(bare + 1, text.size()));
    line.minor_version = minor_of(text.substr(0, version_text.size()));
    return {};
}

// field-name ":" OWS field-value OWS (RFC 9112 section 5). No white space before the colon: who
// reads it another way reads another field (section 5.1).
bool take_field(std::string_view line, field_sorter& fields) {
    const std::size_t name = token_length(line);
    return name != 0 && name < line.size() && line[name] == ':' &&
           fields.take(line.substr(0, name), trim(line.substr(name + 1)));
}

template <class Line>
std::string_view split_into(byte_view bytes, const scan_position& found, Line& line,
                            field_sorter& fields) {
    const std::span<const std::uint32_t> ends = found.line_ends;
    std::size_t start = found.head_start;
    const auto line_to = [&](std::uint32_t end) {
        const std::string_view text = bytes.substr(start, end - start);
        start = end + line_end.size();
        return text;
    };
    if (const std::string_view reason = split(line_to(ends.front()), line); !reason.empty())
        return reason;
    for (const std::uint32_t end : ends.subspan(1))
        if (!take_field(line_to(end), fields))
            return "a field name is malformed or not allowed";
    return {};
}

}  // namespace

std::string_view split_head(byte_view bytes, const scan_position& found, request_line& line,
                            field_sorter& fields) {
    return split_into(bytes, found, line, fields);
}

std::string_view split_head(byte_view bytes, const scan_position& found, status_line& line,
                            field_sorter& fields) {
    return split_into(bytes, found, line, fields);
}

}  // namespace sluice::http::h1
