// SPDX-License-Identifier: Apache-2.0
// Reads heads for tests, whole and in every split: the verdict may not depend on how the bytes
// came.
#pragma once

#include "http/h1/parse.hpp"
#include "sluice/base/arena.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace sluice::test {

using http::h1::parse_step;

/// A head with the bytes and the arena its views point into.
struct request_reading {
    explicit request_reading(std::string_view text, const http::head_rules& rules = {})
        : bytes(text) {
        http::h1::scan_position at;
        step = http::h1::parse_request(bytes, at, rules, room, head);
    }
    std::string bytes;
    arena room;
    http::request_head head;
    parse_step step;
};

struct response_reading {
    explicit response_reading(std::string_view text, http::method verb = http::method::get,
                              const http::limits& bounds = {})
        : bytes(text) {
        http::h1::scan_position at;
        step = http::h1::parse_response(bytes, at, bounds, verb, head);
    }
    std::string bytes;
    http::response_head head;
    parse_step step;
};

/// `read(bytes, scan_position)` parses what there is. Checks that feeding byte by byte, and in two
/// parts at every offset, never completes early and ends as reading the whole does.
template <class Read>
void check_every_split(std::string_view text, const parse_step& whole, Read read) {
    const auto check = [&](std::size_t length, const parse_step& step) {
        INFO("after " << length << " of " << text.size() << " bytes: " << step.reason);
        if (step.at == parse_step::state::incomplete) {
            CHECK((length < text.size() || whole.at == parse_step::state::incomplete));
            return false;
        }
        CHECK(step.at == whole.at);
        CHECK(step.code == whole.code);
        CHECK(step.reason == whole.reason);
        CHECK(step.consumed == whole.consumed);
        if (step.at == parse_step::state::complete)
            CHECK(length >= whole.consumed);
        return true;
    };
    http::h1::scan_position byte_by_byte;
    for (std::size_t length = 1; length <= text.size(); ++length)
        if (check(length, read(std::string{text.substr(0, length)}, byte_by_byte)))
            break;
    for (std::size_t length = 1; length < text.size(); ++length) {
        http::h1::scan_position two_parts;
        if (!check(length, read(std::string{text.substr(0, length)}, two_parts)))
            check(text.size(), read(std::string{text}, two_parts));
    }
}

inline void check_request_splits(std::string_view text, const parse_step& whole,
                                 const http::head_rules& rules = {}) {
    http::request_head head;
    check_every_split(text, whole, [&](std::string bytes, http::h1::scan_position& at) {
        arena room;
        return http::h1::parse_request(bytes, at, rules, room, head);
    });
}

inline void check_response_splits(std::string_view text, const parse_step& whole,
                                  http::method verb = http::method::get) {
    http::response_head head;
    check_every_split(text, whole, [&](std::string bytes, http::h1::scan_position& at) {
        return http::h1::parse_response(bytes, at, http::limits{}, verb, head);
    });
}

}  // namespace sluice::test
