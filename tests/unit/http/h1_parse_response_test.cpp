// SPDX-License-Identifier: Apache-2.0
// Responses of nodes: which are refused, and how the body of the others ends.
#include "h1_reading.hpp"

#include <vector>

using namespace std::literals;
using sluice::errc;
using sluice::http::framing;
using sluice::http::method;
using sluice::test::parse_step;
using sluice::test::response_reading;

namespace {

struct row {
    std::string name;
    std::string bytes;
};

std::string ok(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

std::vector<row> refused_rows() {
    return {
        {"two different Content-Lengths", ok("Content-Length: 5\r\nContent-Length: 6\r\n")},
        {"two equal Content-Lengths", ok("Content-Length: 5\r\nContent-Length: 5\r\n")},
        {"Content-Length list", ok("Content-Length: 5, 5\r\n")},
        {"Content-Length and Transfer-Encoding",
         ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        {"Transfer-Encoding and Content-Length",
         ok("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        {"Transfer-Encoding gzip", ok("Transfer-Encoding: gzip\r\n")},
        {"Transfer-Encoding gzip, chunked", ok("Transfer-Encoding: gzip, chunked\r\n")},
        {"two Transfer-Encodings",
         ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"Transfer-Encoding on HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"Content-Length -1", ok("Content-Length: -1\r\n")},
        {"Content-Length 2^63", ok("Content-Length: 9223372036854775808\r\n")},
        {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
        {"one bare LF", ok("A: b\nContent-Length: 0\r\n")},
        {"a folded line", ok("A: b\r\n c\r\n")},
        {"NUL in a value", ok("A: \0\r\n"s)},
        {"no colon", ok("nonsense\r\n")},
        {"space before the colon", ok("A : b\r\n")},
        {"an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"},
        {"HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"},
        {"HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n"},
        {"another protocol", "SSH-2.0-x\r\n"},
        {"status below 100", "HTTP/1.1 099 X\r\n\r\n"},
        {"status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
        {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
        {"status with letters", "HTTP/1.1 2x0 OK\r\n\r\n"},
        {"no status", "HTTP/1.1\r\n\r\n"},
        {"100 with a body", "HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n"},
        {"103 chunked", "HTTP/1.1 103 Early\r\nTransfer-Encoding: chunked\r\n\r\n"},
    };
}

struct body_row {
    std::string name;
    std::string bytes;
    method verb;
    framing::kind how;
    std::uint64_t length;
    bool declared;
    bool keep_alive;
};

std::vector<body_row> body_rows() {
    using enum framing::kind;
    const std::string five = "Content-Length: 5\r\n";
    const std::string chunks = "Transfer-Encoding: chunked\r\n";
    return {
        {"a length", ok(five), method::get, length, 5, true, true},
        {"a length of zero", ok("Content-Length: 0\r\n"), method::get, length, 0, true, true},
        {"chunks", ok(chunks), method::get, chunked, 0, false, true},
        {"neither: until close", ok(""), method::get, until_close, 0, false, false},
        {"HTTP/1.0, neither", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", method::get,
         until_close, 0, false, false},
        {"HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", method::get,
         length, 5, true, false},
        {"HTTP/1.0 kept alive",
         "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n", method::get,
         length, 5, true, true},
        {"close", ok("Connection: close\r\n" + five), method::get, length, 5, true, false},
        {"HEAD with a length", ok(five), method::head, none, 0, true, true},
        {"HEAD chunked", ok(chunks), method::head, none, 0, false, true},
        {"HEAD without", ok(""), method::head, none, 0, false, true},
        {"304 with a length", "HTTP/1.1 304 Not Modified\r\n" + five + "\r\n", method::get, none, 0,
         true, true},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", method::get, none, 0, false, true},
        {"204 with a length", "HTTP/1.1 204 No Content\r\n" + five + "\r\n", method::get, none, 0,
         false, false},
        {"204 chunked", "HTTP/1.1 204 No Content\r\n" + chunks + "\r\n", method::get, none, 0,
         false, false},
        {"100", "HTTP/1.1 100 Continue\r\n\r\n", method::post, none, 0, false, true},
        {"103 with a length of zero", "HTTP/1.1 103 E\r\nContent-Length: 0\r\n\r\n", method::get,
         none, 0, false, true},
        {"HTTP/1.2", "HTTP/1.2 200 OK\r\n" + five + "\r\n", method::get, length, 5, true, true},
        {"no reason, with space", "HTTP/1.1 200 \r\n" + five + "\r\n", method::get, length, 5, true,
         true},
        {"no reason, no space", "HTTP/1.1 200\r\n" + five + "\r\n", method::get, length, 5, true,
         true},
        {"a tab and UTF-8 in the reason", "HTTP/1.1 200 a\tb \xc3\xa9\r\n" + five + "\r\n",
         method::get, length, 5, true, true},
        {"status 999", "HTTP/1.1 999 X\r\n" + five + "\r\n", method::get, length, 5, true, true},
    };
}

}  // namespace

TEST_CASE("responses that two readers could read differently are refused") {
    for (const row& one : refused_rows()) {
        DYNAMIC_SECTION(one.name) {
            const response_reading read{one.bytes};
            CHECK(read.step.at == parse_step::state::failed);
            CHECK(read.step.code == errc::bad_upstream_message);
            CHECK_FALSE(read.step.reason.empty());
            sluice::test::check_response_splits(one.bytes, read.step);
        }
    }
}

TEST_CASE("the end of a response body follows from method, status and fields") {
    for (const body_row& one : body_rows()) {
        DYNAMIC_SECTION(one.name) {
            const response_reading read{one.bytes + "tail", one.verb};
            INFO(read.step.reason);
            REQUIRE(read.step.at == parse_step::state::complete);
            CHECK(read.step.consumed == one.bytes.size());
            CHECK(read.head.body.how == one.how);
            CHECK(read.head.body.length == one.length);
            CHECK(read.head.declared_length.has_value() == one.declared);
            CHECK(read.head.keep_alive == one.keep_alive);
            CHECK(read.head.fields.find("content-length") == nullptr);
            CHECK(read.head.fields.find("transfer-encoding") == nullptr);
            sluice::test::check_response_splits(read.bytes, read.step, one.verb);
        }
    }
}

TEST_CASE("a response head becomes status, reason and fields") {
    const response_reading read{
        "HTTP/1.1 404 Not Found\r\nServer: x\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
        "Connection: X-Hop\r\nX-Hop: 1\r\nHost: odd\r\n\r\n"};
    REQUIRE(read.step.at == parse_step::state::complete);
    CHECK(read.head.status == 404);
    CHECK(read.head.reason == "Not Found");
    CHECK(read.head.fields.size() == 6);
    CHECK(read.head.fields.find("x-hop")->hop_by_hop);
    CHECK_FALSE(read.head.fields.find("server")->hop_by_hop);
}

TEST_CASE("101 names the protocol only when Connection does") {
    const response_reading read{
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"};
    REQUIRE(read.step.at == parse_step::state::complete);
    CHECK(read.head.upgrade == "websocket");
    CHECK(read.head.body.how == framing::kind::none);
    CHECK(response_reading{"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n"}.head.upgrade.empty());
    CHECK(response_reading{"HTTP/1.1 200 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"}
              .head.upgrade.empty());
}

TEST_CASE("head and field count of a response are bounded like a request's") {
    std::string cookies = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 500; ++i)
        cookies += "Set-Cookie: a=" + std::to_string(i) + "\r\n";
    CHECK(response_reading{cookies + "\r\n"}.step.code == errc::bad_upstream_message);
    CHECK(response_reading{cookies + "\r\n"}.step.at == parse_step::state::failed);
    sluice::http::limits wide;
    wide.headers = 1000;
    CHECK(response_reading{cookies + "\r\n", method::get, wide}.head.fields.size() == 500);
    CHECK(response_reading{ok("X: " + std::string(1 << 20, 'a') + "\r\n")}.step.at ==
          parse_step::state::failed);
}

TEST_CASE("underscore names of nodes are left alone") {
    CHECK(response_reading{ok("x_y: 1\r\nX_Request_Id: 2\r\n")}.head.fields.size() == 2);
}
