// SPDX-License-Identifier: Apache-2.0
// The second opinion on what a head consists of: Boost.Beast's parser over the same bytes. Used by
// unit tests and by the fuzzer of heads.
#pragma once

#include "http/h1/split_head.hpp"
#include "sluice/base/strings.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::test {

/// A start line as words and the fields behind it, in order.
struct head_parts {
    std::vector<std::string> start;
    std::vector<std::pair<std::string, std::string>> fields;
    bool operator==(const head_parts&) const = default;
};

// Framing fields are judged by rules of ours, and Beast keeps its own count of them.
inline bool compared(std::string_view name) {
    const auto id = http::identify(name);
    return id != http::field_id::content_length && id != http::field_id::transfer_encoding;
}

// RFC 9112 section 2.3 lets a higher minor version pass and section 4 asks for a space behind every
// status; Beast wants the version it knows and the space.
template <class Line>
std::string as_beast_likes_it(std::string_view bytes) {
    constexpr bool request = std::is_same_v<Line, http::h1::request_line>;
    std::string text(bytes.substr(bytes.find_first_not_of("\r\n")));
    const auto end = text.find("\r\n");
    char& minor = text[request ? end - 1 : std::string_view("HTTP/1.").size()];
    minor = minor == '0' ? '0' : '1';
    if (!request && end == std::string_view("HTTP/1.1 200").size())
        text.insert(end, " ");
    return text;
}

/// What Beast makes of a whole head; nothing when it refuses.
template <class Line>
bool read_with_beast(std::string_view bytes, head_parts& parts) {
    namespace beast = boost::beast;
    constexpr bool request = std::is_same_v<Line, http::h1::request_line>;
    beast::http::parser<request, beast::http::string_body> reader;
    reader.body_limit(boost::none);
    reader.header_limit(std::numeric_limits<std::uint32_t>::max());
    beast::error_code failed;
    const auto text = as_beast_likes_it<Line>(bytes);
    const auto used = reader.put(boost::asio::buffer(text), failed);
    if ((failed && failed != beast::http::error::need_more) || used != text.size() ||
        !reader.is_header_done())
        return false;
    const auto& head = reader.get();
    const auto minor = std::to_string(head.version() % 10);
    if constexpr (request)
        parts.start = {std::string(head.method_string()), std::string(head.target()), minor};
    else
        parts.start = {std::to_string(head.result_int()), std::string(head.reason()), minor};
    for (const auto& one : head)
        if (compared({one.name_string().data(), one.name_string().size()}))
            parts.fields.emplace_back(one.name_string(), one.value());
    return true;
}

/// What split_head() makes of it.
template <class Line>
bool read_with_split_head(std::string_view bytes, head_parts& parts) {
    Line line;
    http::header_list list;
    http::h1::field_sorter sorter(list, std::nullopt);
    http::h1::scan_position found;
    constexpr bool request = std::is_same_v<Line, http::h1::request_line>;
    const http::limits wide{
        .head = 1U << 20U, .line = 1U << 20U, .headers = 1U << 20U, .body = {}, .connections = 1};
    http::h1::scan_section(bytes, found, wide,
                           request ? http::h1::section::request : http::h1::section::response);
    if (!http::h1::split_head(bytes, found, line, sorter).empty())
        return false;
    const auto minor = std::to_string(line.minor_version);
    if constexpr (std::is_same_v<Line, http::h1::request_line>)
        parts.start = {std::string(line.method), std::string(line.target), minor};
    else
        parts.start = {std::to_string(line.status), std::string(line.reason), minor};
    for (const auto& one : list)
        parts.fields.emplace_back(one.name, one.value);
    return true;
}

/// True when a head that was accepted is read by Beast too, and as the same parts. Fields of one
/// name are compared as a whole: Beast keeps them together.
template <class Line>
bool beast_agrees(std::string_view bytes) {
    head_parts ours, theirs;
    if (!read_with_split_head<Line>(bytes, ours) || !read_with_beast<Line>(bytes, theirs))
        return false;
    const auto by_name = [](const auto& a, const auto& b) {
        return to_lower(a.first) < to_lower(b.first);
    };
    // Beast answers an empty reason with the usual one.
    if (ours.start[1].empty())
        theirs.start[1].clear();
    std::ranges::stable_sort(ours.fields, by_name);
    std::ranges::stable_sort(theirs.fields, by_name);
    return ours == theirs;
}

}  // namespace sluice::test
