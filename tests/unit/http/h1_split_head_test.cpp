// SPDX-License-Identifier: Apache-2.0
#include "beast_reading.hpp"
#include "h1_reading.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace sluice;
using test::beast_agrees;

namespace {

constexpr std::string_view requests[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nPOST /a?b=c HTTP/1.0\r\nhost:a\r\nContent-Length:  5 \r\nX: \t y\tz \r\nX:\r\n\r\n",
    "PROPFIND http://a.example:80/ HTTP/1.1\r\nHost: a.example:80\r\nConnection: X-A, close\r\n"
    "X-A: 1\r\nCookie: a=b; c=\"d\"\r\n\r\n",
    "PUT /%41/../b HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n",
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n",
};

constexpr std::string_view responses[] = {
    "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\nServer: a/1 (b)\r\n\r\n",
    "HTTP/1.0 404 Not \t Found\r\nSet-Cookie: a\r\nset-cookie: b\r\nX:\xC3\xA4\r\n\r\n",
    "HTTP/1.1 204\r\nX-Empty:\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
};

// One to three bytes changed, put in, taken out or doubled: mostly near misses of what the grammar
// allows.
std::string mutated(std::string text, std::minstd_rand& random) {
    constexpr std::string_view tempting = " \t:\r\n,;/?#%@\"\\\x01\x7F\x80_-Aa0";
    for (auto changes = 1 + random() % 3; changes != 0; --changes) {
        const auto at = random() % text.size();
        const char byte = tempting[random() % tempting.size()];
        switch (random() % 4) {
        case 0:
            text[at] = byte;
            break;
        case 1:
            text.insert(at, 1, byte);
            break;
        case 2:
            text.erase(at, 1 + random() % 3);
            break;
        default:
            text.insert(at, text.substr(random() % text.size(), 1 + random() % 12));
            break;
        }
        if (text.empty())
            text = "\r\n";
    }
    return text;
}

constexpr int rounds = 20'000;

// How long the head at the front is, 0 when the scanner lets none through.
std::size_t scanned_size(std::string_view text, http::h1::section what) {
    http::h1::scan_position at;
    const auto step = http::h1::scan_section(text, at, {}, what);
    return step.at == test::parse_step::state::complete ? step.consumed : 0;
}

}  // namespace

TEST_CASE("what is accepted of a request, Beast splits into the same parts") {
    for (const auto text : requests)
        CHECK(beast_agrees<http::h1::request_line>(text));
    std::minstd_rand random(1);
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
        const auto text = mutated(std::string(requests[random() % std::size(requests)]), random);
        const test::request_reading read(text);
        INFO(text);
        if (const auto size = scanned_size(text, http::h1::section::request); size != 0)
            REQUIRE(test::split_head_covers_beast<http::h1::request_line>(text, size));
        if (read.step.at != test::parse_step::state::complete)
            continue;
        ++accepted;
        REQUIRE(beast_agrees<http::h1::request_line>(text.substr(0, read.step.consumed)));
    }
    CHECK(accepted > rounds / 20);
}

TEST_CASE("what is accepted of a response, Beast splits into the same parts") {
    for (const auto text : responses)
        CHECK(beast_agrees<http::h1::status_line>(text));
    std::minstd_rand random(2);
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
        const auto text = mutated(std::string(responses[random() % std::size(responses)]), random);
        const test::response_reading read(text);
        INFO(text);
        if (const auto size = scanned_size(text, http::h1::section::response); size != 0)
            REQUIRE(test::split_head_covers_beast<http::h1::status_line>(text, size));
        if (read.step.at != test::parse_step::state::complete)
            continue;
        ++accepted;
        REQUIRE(beast_agrees<http::h1::status_line>(text.substr(0, read.step.consumed)));
    }
    CHECK(accepted > rounds / 20);
}

TEST_CASE("a start line has its parts and single spaces between them") {
    const auto refusal = [](std::string_view text) {
        return test::request_reading(text).step.reason;
    };
    const std::string rest = "\r\nHost: a\r\n\r\n";
    CHECK(refusal("GET / HTTP/1.1" + rest).empty());
    CHECK(refusal("GET  / HTTP/1.1" + rest) == "the start line is malformed");
    CHECK(refusal("GET /  HTTP/1.1" + rest) == "the start line is malformed");
    CHECK(refusal("GET HTTP/1.1" + rest) == "the method is not a token");
    CHECK(refusal(" / HTTP/1.1" + rest) != "");
    CHECK(refusal("G(T / HTTP/1.1" + rest) == "the method is not a token");
    CHECK(refusal("GET  HTTP/1.1" + rest) == "the method is not a token");
}

TEST_CASE("a status is three digits between single spaces") {
    const auto status = [](std::string_view line) {
        const test::response_reading read(std::string(line) + "\r\nContent-Length: 0\r\n\r\n");
        return read.step.at == test::parse_step::state::complete ? read.head.status : 0;
    };
    CHECK(status("HTTP/1.1 200 OK") == 200);
    CHECK(status("HTTP/1.1 200 ") == 200);
    CHECK(status("HTTP/1.1 200") == 200);
    CHECK(status("HTTP/1.7 299 OK") == 299);
    for (const auto* bad : {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK",
                            "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1", "HTTP/1.1 099 OK"})
        CHECK(status(bad) == 0);
}
