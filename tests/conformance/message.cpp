// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace sluice::conformance {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view empty_line = "\r\n\r\n";

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        };
        return lower(x) == lower(y);
    });
}

std::optional<std::size_t> number(std::string_view digits, int base) {
    std::size_t value = 0;
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (failed != std::errc{} || end != digits.data() + digits.size() || digits.empty())
        return std::nullopt;
    return value;
}

progress read_trailers(std::string_view bytes, std::size_t at, message& into) {
    for (;;) {
        const auto end = bytes.find(line_end, at);
        if (end == bytes.npos)
            return progress::incomplete;
        const auto line = bytes.substr(at, end + 2 - at);
        at = end + 2;
        if (line == line_end) {
            into.size = at;
            return progress::whole;
        }
        into.trailers += line;
    }
}

// A size line is hexadecimal digits and nothing else: what a client adds to it must not come
// through.
progress read_chunks(std::string_view bytes, message& into) {
    for (std::size_t at = into.head.size();;) {
        const auto end = bytes.find(line_end, at);
        if (end == bytes.npos)
            return progress::incomplete;
        const auto size = number(bytes.substr(at, end - at), 16);
        if (!size)
            return progress::malformed;
        at = end + 2;
        if (*size == 0)
            return read_trailers(bytes, at, into);
        into.body += bytes.substr(at, *size);
        if (bytes.size() < at + *size + 2)
            return progress::incomplete;
        at += *size;
        if (bytes.substr(at, 2) != line_end)
            return progress::malformed;
        at += 2;
    }
}

progress read_counted(std::string_view bytes, std::size_t length, message& into) {
    into.body = bytes.substr(into.head.size(), length);
    into.size = into.head.size() + into.body.size();
    return into.body.size() == length ? progress::whole : progress::incomplete;
}

bool never_has_body(const message& one, body_rule rule) {
    if (rule != body_rule::response)
        return rule == body_rule::head_only;
    const auto status = one.status();
    return status < 200 || status == 204 || status == 304;
}

}  // namespace

std::string_view message::start_line() const {
    return std::string_view(head).substr(0, head.find(line_end));
}

unsigned message::status() const {
    const auto line = start_line();
    return line.size() < 12 ? 0 : static_cast<unsigned>(number(line.substr(9, 3), 10).value_or(0));
}

std::optional<std::string> message::field(std::string_view name) const {
    std::optional<std::string> found;
    for (auto at = head.find(line_end) + 2; at + 2 < head.size();) {
        const auto end = head.find(line_end, at);
        const auto line = std::string_view(head).substr(at, end - at);
        const auto colon = line.find(':');
        at = end + 2;
        if (colon == line.npos || !same_name(line.substr(0, colon), name))
            continue;
        if (found)
            throw std::runtime_error("two fields named " + std::string(name) + " in\n" + head);
        const auto value = line.substr(colon + 1);
        found = value.substr(std::min(value.find_first_not_of(' '), value.size()));
    }
    return found;
}

namespace {

progress read_by_fields(std::string_view bytes, body_rule rule, message& into) {
    const auto end = bytes.find(empty_line);
    if (end == bytes.npos)
        return progress::incomplete;
    into.head = bytes.substr(0, end + empty_line.size());
    into.size = into.head.size();
    const auto coding = into.field("Transfer-Encoding");
    const auto length = into.field("Content-Length");
    if (coding && (length || *coding != "chunked"))
        return progress::malformed;
    if (never_has_body(into, rule))
        return progress::whole;
    if (coding)
        return read_chunks(bytes, into);
    if (length) {
        const auto count = number(*length, 10);
        return count ? read_counted(bytes, *count, into) : progress::malformed;
    }
    if (rule == body_rule::request)
        return progress::whole;
    into.body = bytes.substr(into.size);
    into.size = bytes.size();
    return progress::until_close;
}

}  // namespace

progress read_message(std::string_view bytes, body_rule rule, message& into) {
    into = {};
    try {
        return read_by_fields(bytes, rule, into);
    } catch (const std::runtime_error&) {
        return progress::malformed;  // a field of framing twice
    }
}

std::string without_request_id(std::string text) {
    constexpr std::string_view name = "X-Request-Id: ";
    constexpr std::size_t digits = 32;
    const auto at = text.find(name);
    if (at == text.npos)
        return text;
    const auto value = std::string_view(text).substr(at + name.size(), digits);
    if (value.size() == digits && value.find_first_not_of("0123456789abcdef") == value.npos)
        text.replace(at + name.size(), digits, "*");
    return text;
}

}  // namespace sluice::conformance
