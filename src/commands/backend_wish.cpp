// SPDX-License-Identifier: Apache-2.0
#include "commands/backend_wish.hpp"

#include "sluice/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

namespace sluice::commands {

namespace {

constexpr std::uint64_t longest_pause = 3'600'000;  // an hour, in milliseconds
constexpr std::size_t pattern_size = 65'521;

std::optional<std::uint64_t> read_number(std::string_view text, std::uint64_t low,
                                         std::uint64_t high) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stopped != end || value < low || value > high) {
        return std::nullopt;
    }
    return value;
}

/// The value of `name` in a query, empty when it is not there.
std::string_view query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=') {
            return item.substr(name.size() + 1);
        }
    }
    return {};
}

void append_json(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte > 0x7e) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    out += '"';
}

using header_pair = std::pair<std::string_view, std::string_view>;

void append_headers(std::string& out, const std::vector<header_pair>& headers) {
    std::vector<bool> written(headers.size());
    const char* separator = "";
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (written[i]) {
            continue;
        }
        std::string value{headers[i].second};
        for (std::size_t later = i + 1; later < headers.size(); ++later) {
            if (iequals(headers[i].first, headers[later].first)) {
                value.append(", ").append(headers[later].second);
                written[later] = true;
            }
        }
        out += separator;
        append_json(out, headers[i].first);
        out += ':';
        append_json(out, value);
        separator = ",";
    }
}

std::string make_pattern() {
    std::string block(pattern_size, '\0');
    for (std::size_t i = 0; i < block.size(); ++i) {
        block[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
    }
    return block;
}

}  // namespace

backend_wish backend_wish::read(std::string_view target) {
    const auto path = target.substr(0, target.find('?'));
    const auto query =
        path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{};
    if (path == "/ws") {
        return {kind::websocket};
    }
    const auto slash = path.find('/', 1);
    const auto word = path.substr(0, slash);
    const auto rest = slash < path.size() ? path.substr(slash + 1) : std::string_view{};
    const auto number = [rest](std::uint64_t low, std::uint64_t high) {
        return read_number(rest, low, high);
    };

    if (const auto n = number(0, UINT64_MAX); word == "/bytes" && n) {
        return {kind::bytes, *n};
    }
    if (const auto n = number(0, UINT64_MAX); word == "/sse" && n) {
        const auto pause =
            read_number(query_value(query, "interval"), 0, longest_pause).value_or(10);
        return {kind::events, *n, std::chrono::milliseconds{pause}};
    }
    if (const auto n = number(0, longest_pause); word == "/slow" && n) {
        return {kind::slow, 0, std::chrono::milliseconds{*n}};
    }
    if (const auto n = number(200, 599); word == "/status" && n) {
        return {kind::status, *n};
    }
    return {};
}

std::string describe(const backend_request& request) {
    std::string out = "{\"backend\":";
    append_json(out, request.backend);
    out += ",\"method\":";
    append_json(out, request.method);
    out += ",\"path\":";
    append_json(out, request.target);
    out += ",\"headers\":{";
    append_headers(out, request.headers);
    fmt::format_to(std::back_inserter(out), "}},\"body_bytes\":{}}}\n", request.body_bytes);
    return out;
}

std::string_view pattern() {
    static const std::string block = make_pattern();
    return block;
}

}  // namespace sluice::commands
