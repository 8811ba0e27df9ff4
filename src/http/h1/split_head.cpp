// SPDX-License-Identifier: Apache-2.0
// The scanner has been here: every line ends with CRLF, none is folded, control characters stand
// nowhere but a tab in a value, the version is one of HTTP/1. What is left to find are the parts.
// Why not a library's parser: docs/adr/0013. What Beast's accepts is what this is tested against
// (tests/fuzz/head_fuzz.cpp).
#include "http/h1/split_head.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::http::h1 {

namespace {

constexpr std::string_view version_text = "HTTP/1.1";
constexpr std::string_view line_end = "\r\n";

// `text` ends with the digit of the minor version.
unsigned minor_of(std::string_view text) noexcept {
    return std::min<unsigned>(static_cast<unsigned>(text.back() - '0'), 1);
}

// Takes a line off the front, without its end. A CR stands nowhere but before a LF here.
std::string_view take_line(byte_view& rest) noexcept {
    const std::size_t size = rest.find('\r');
    const std::string_view line = rest.substr(0, size);
    rest.remove_prefix(size + line_end.size());
    return line;
}

// How many characters of a token (RFC 9110 section 5.6.2) stand at the front.
std::size_t token_length(std::string_view text) noexcept {
    std::size_t length = 0;
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
std::string_view split_into(byte_view rest, Line& line, field_sorter& fields) {
    if (const std::string_view reason = split(take_line(rest), line); !reason.empty())
        return reason;
    while (rest.size() > line_end.size())
        if (!take_field(take_line(rest), fields))
            return "a field name is malformed or not allowed";
    return {};
}

}  // namespace

std::string_view split_head(byte_view bytes, request_line& line, field_sorter& fields) {
    return split_into(bytes, line, fields);
}

std::string_view split_head(byte_view bytes, status_line& line, field_sorter& fields) {
    return split_into(bytes, line, fields);
}

}  // namespace sluice::http::h1
