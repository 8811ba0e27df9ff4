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
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::test {

/// A start line as words and the fields behind it, names in lower case, in order.
struct head_parts {
    std::vector<std::string> start;
    std::vector<std::pair<std::string, std::string>> fields;
    bool operator==(const head_parts&) const = default;
};

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
        parts.fields.emplace_back(to_lower({one.name_string().data(), one.name_string().size()}),
                                  one.value());
    return true;
}

/// What split_head() makes of it.
template <class Line>
bool read_with_split_head(std::string_view bytes, head_parts& parts) {
    Line line;
    http::header_list list;
    http::field_sorter sorter(list, std::nullopt);
    http::h1::scan_position found;
    constexpr bool request = std::is_same_v<Line, http::h1::request_line>;
    const http::limits wide{
        .head = 1U << 20U, .line = 1U << 20U, .headers = 1U << 20U, .body = {}, .connections = 1};
    const auto scanned = http::h1::scan_section(
        bytes, found, wide, request ? http::h1::section::request : http::h1::section::response);
    if (scanned.at != http::h1::parse_step::state::complete ||
        !http::h1::split_head(bytes, found, line, sorter).empty())
        return false;
    const auto minor = std::to_string(line.minor_version);
    if constexpr (std::is_same_v<Line, http::h1::request_line>)
        parts.start = {std::string(line.method), std::string(line.target), minor};
    else
        parts.start = {std::to_string(line.status), std::string(line.reason), minor};
    for (const auto& one : list)
        parts.fields.emplace_back(to_lower(one.name), one.value);
    // Set apart by the sorter: one of each at most in what may be compared.
    if (sorter.content_length().count != 0)
        parts.fields.emplace_back("content-length", sorter.content_length().value);
    if (sorter.transfer_encoding().count != 0)
        parts.fields.emplace_back("transfer-encoding", sorter.transfer_encoding().value);
    return true;
}

/// The same parts. Fields of one name are compared as a whole: Beast keeps them together.
inline bool same_parts(const head_parts& ours, const head_parts& theirs) {
    const auto by_name = [](const head_parts& parts) {
        std::map<std::string, std::vector<std::string>> values;
        for (const auto& [name, value] : parts.fields)
            values[name].push_back(value);
        return values;
    };
    // Beast answers an empty reason with the usual one.
    const bool same_start = ours.start[0] == theirs.start[0] && ours.start[2] == theirs.start[2] &&
                            (ours.start[1].empty() || ours.start[1] == theirs.start[1]);
    return same_start && by_name(ours) == by_name(theirs);
}

/// True when a head that was accepted is read by Beast too, and as the same parts.
template <class Line>
bool beast_agrees(std::string_view bytes) {
    head_parts ours, theirs;
    return read_with_split_head<Line>(bytes, ours) && read_with_beast<Line>(bytes, theirs) &&
           same_parts(ours, theirs);
}

/// True unless Beast reads a head that split_head() refuses although the scanner let it through, or
/// as other parts. Of two framing fields the sorter keeps one: such heads are left out.
template <class Line>
bool split_head_covers_beast(std::string_view bytes, std::size_t size) {
    head_parts ours, theirs;
    const auto head = bytes.substr(0, size);
    if (!read_with_beast<Line>(head, theirs))
        return true;
    const auto framing = std::ranges::count_if(theirs.fields, [](const auto& one) {
        return one.first == "content-length" || one.first == "transfer-encoding";
    });
    return framing > 1 || (read_with_split_head<Line>(head, ours) && same_parts(ours, theirs));
}

}  // namespace sluice::test
