// SPDX-License-Identifier: Apache-2.0
#include "http/h1/parse.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::literals;
using sluice::http::header_list;
using sluice::http::limits;
using sluice::http::h1::parse_trailers;

namespace {

bool good(std::string_view bytes, const limits& bounds = {}) {
    header_list trailers;
    return parse_trailers(bytes, bounds, trailers);
}

}  // namespace

TEST_CASE("trailer fields are read in order") {
    header_list trailers;
    REQUIRE(parse_trailers("Checksum: abc \r\nX:\r\nchecksum:\tdef\r\n\r\n", {}, trailers));
    REQUIRE(trailers.size() == 3);
    CHECK(trailers.find("checksum")->value == "abc");
    CHECK(trailers.find("x")->value.empty());
    REQUIRE(parse_trailers("\r\n", {}, trailers));
    CHECK(trailers.empty());
}

TEST_CASE("fields that must not stand in trailers are left out") {
    header_list trailers;
    for (const char* name : {"Content-Length",
                             "Transfer-Encoding",
                             "Host",
                             "Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "Content-Type",
                             "Content-Encoding",
                             "Content-Range",
                             "Connection",
                             "Keep-Alive",
                             "TE",
                             "Trailer",
                             "Upgrade",
                             "Proxy-Authorization",
                             "Expect",
                             "Max-Forwards",
                             "Cache-Control",
                             "Range",
                             "If-Match",
                             "WWW-Authenticate",
                             "Location",
                             "Vary",
                             "Date",
                             "X-Forwarded-For",
                             "X-Forwarded-User",
                             "Forwarded",
                             "X-Request-Id",
                             "X-Client-Subject",
                             "content_length",
                             "SET_COOKIE",
                             "X_Forwarded_For"}) {
        INFO(name);
        const std::string section = std::string{name} + ": 1\r\nKept: 2\r\n\r\n";
        REQUIRE(parse_trailers(section, {}, trailers));
        REQUIRE(trailers.size() == 1);
        CHECK(trailers.begin()->name == "Kept");
    }
}

TEST_CASE("malformed trailer sections are refused") {
    CHECK_FALSE(good(""));
    CHECK_FALSE(good("A: b\r\n"));
    CHECK_FALSE(good("A: b\n\r\n"));
    CHECK_FALSE(good("A : b\r\n\r\n"));
    CHECK_FALSE(good(" A: b\r\n\r\n"));
    CHECK_FALSE(good(": b\r\n\r\n"));
    CHECK_FALSE(good("nonsense\r\n\r\n"));
    CHECK_FALSE(good("A: b\r\n c\r\n\r\n"));
    CHECK_FALSE(good("A: \0\r\n\r\n"sv));
    CHECK_FALSE(good("A: b\rc\r\n\r\n"));
    CHECK_FALSE(good("A: b\r\n\r\nmore"));
}

TEST_CASE("trailer sections are bounded like heads") {
    limits bounds;
    bounds.headers = 2;
    CHECK(good("A: b\r\nC: d\r\n\r\n", bounds));
    CHECK_FALSE(good("A: b\r\nC: d\r\nE: f\r\n\r\n", bounds));
    bounds = {};
    bounds.line = 10;
    CHECK(good("A: 7890123\r\n\r\n", bounds));
    CHECK_FALSE(good("A: 78901234\r\n\r\n", bounds));
    bounds = {};
    bounds.head = 12;
    CHECK(good("A: 789\r\n\r\n", bounds));
    CHECK_FALSE(good("A: 78901234\r\n\r\n", bounds));
}
