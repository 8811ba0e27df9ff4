// SPDX-License-Identifier: Apache-2.0
// Malformed and borderline requests, one named case a row: what is refused, with which code, and
// what of the rest is understood. Every row is also read in every split and behind a good request.
#include "h1_reading.hpp"

#include <limits>
#include <optional>
#include <vector>

using namespace std::literals;
using sluice::errc;
using sluice::http::framing;
using sluice::test::parse_step;
using sluice::test::request_reading;

namespace {

struct row {
    std::string name;
    std::string bytes;
    std::optional<errc> refused;  // none: accepted
};

std::string post(const std::string& fields) {
    return "POST /p HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n";
}

std::string get_line(const std::string& line, const std::string& host = "Host: a.example\r\n") {
    return line + "\r\n" + host + "\r\n";
}

row bad(std::string name, std::string bytes, errc code = errc::bad_request) {
    return {std::move(name), std::move(bytes), code};
}

row good(std::string name, std::string bytes) {
    return {std::move(name), std::move(bytes), std::nullopt};
}

std::vector<row> framing_rows() {
    return {
        bad("01 Content-Length then Transfer-Encoding",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
        bad("01 Transfer-Encoding then Content-Length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
        bad("01 both, unknown coding before chunked",
            post("Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n")),
        bad("02 Transfer-Encoding gzip then Content-Length",
            post("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n")),
        bad("03 Transfer-Encoding gzip", post("Transfer-Encoding: gzip\r\n")),
        bad("03 Transfer-Encoding identity", post("Transfer-Encoding: identity\r\n")),
        bad("03 Transfer-Encoding xchunked", post("Transfer-Encoding: xchunked\r\n")),
        bad("03 Transfer-Encoding quoted", post("Transfer-Encoding: \"chunked\"\r\n")),
        bad("03 Transfer-Encoding empty", post("Transfer-Encoding:\r\n")),
        bad("04 chunked, identity", post("Transfer-Encoding: chunked, identity\r\n")),
        bad("04 chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n")),
        bad("04 trailing comma", post("Transfer-Encoding: chunked,\r\n")),
        bad("04 leading comma", post("Transfer-Encoding: , chunked\r\n")),
        bad("04 empty element", post("Transfer-Encoding: gzip,, chunked\r\n")),
        bad("04 unknown coding with a parameter", post("Transfer-Encoding: gzip;q=1, chunked\r\n")),
        bad("05 gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"),
            errc::not_implemented),
        bad("05 br, gzip, chunked", post("Transfer-Encoding: br,gzip ,chunked\r\n"),
            errc::not_implemented),
        bad("06 two Transfer-Encoding lines",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
        bad("06 two lines, unknown first",
            post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")),
        bad("07 chunked with a parameter", post("Transfer-Encoding: chunked;p=1\r\n")),
        bad("08 vertical tab before the value", post("Transfer-Encoding: \x0b"s + "chunked\r\n")),
        good("09 tab before the value", post("Transfer-Encoding:\tchunked\r\n")),
        good("09 case of the coding", post("transfer-encoding: ChunKed \r\n")),
        bad("10 space before the colon", post("Transfer-Encoding : chunked\r\n")),
        bad("11 Transfer-Encoding on HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        bad("12 Content-Length twice, same", post("Content-Length: 5\r\nContent-Length: 5\r\n")),
        bad("13 Content-Length twice, different",
            post("Content-Length: 5\r\nContent-Length: 6\r\n")),
        bad("14 Content-Length list", post("Content-Length: 5, 5\r\n")),
        bad("15 Content-Length +5", post("Content-Length: +5\r\n")),
        bad("15 Content-Length -1", post("Content-Length: -1\r\n")),
        bad("15 Content-Length 0x5", post("Content-Length: 0x5\r\n")),
        bad("15 Content-Length empty", post("Content-Length:\r\n")),
        bad("15 Content-Length 5 5", post("Content-Length: 5 5\r\n")),
        bad("15 Content-Length 5,", post("Content-Length: 5,\r\n")),
        bad("15 Content-Length 2^64+5", post("Content-Length: 18446744073709551621\r\n")),
        bad("16 Content-Length 2^64-1", post("Content-Length: 18446744073709551615\r\n")),
        bad("16 Content-Length 2^63", post("Content-Length: 9223372036854775808\r\n")),
        good("16 Content-Length 2^63-1", post("Content-Length: 9223372036854775807\r\n")),
        good("17 Content-Length 005", post("Content-Length: 005\r\n")),
    };
}

std::vector<row> byte_rows() {
    return {
        bad("18 whole head with bare LF", "GET / HTTP/1.1\nHost: a\n\n"),
        bad("19 one field ended by bare LF", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        bad("19 empty line ended by bare LF", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        bad("20 bare CR in a value", post("X: a\rb\r\n")),
        bad("20 CR CR LF", post("X: a\r\r\n")),
        bad("21 NUL in a value", post("X: a\0b\r\n"s)),
        bad("22 0x01 in a value", post("X: a\x01"s + "b\r\n")),
        bad("22 DEL in a value", post("X: a\x7f\r\n")),
        good("22 bytes above 0x7F in a value", post("X: caf\xc3\xa9 \xff\r\n")),
        bad("23 folded value", post("X: a\r\n b\r\n")),
        bad("23 folded by a tab", post("X: a\r\n\tb\r\n")),
        bad("23 folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n")),
        bad("24 white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        bad("24 white space before the request line", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        bad("25 empty field name", post(": x\r\n")),
        bad("25 NUL in a field name", post("X\0Y: a\r\n"s)),
        bad("25 space in a field name", post("X Y: a\r\n")),
        bad("25 byte above 0x7F in a field name", post("X\xc3: a\r\n")),
        bad("26 no colon", post("Nonsense\r\n")),
    };
}

std::vector<row> host_rows() {
    return {
        bad("27 no Host on 1.1", get_line("GET / HTTP/1.1", "")),
        good("27 no Host on 1.0", get_line("GET / HTTP/1.0", "")),
        bad("27 empty Host on 1.1", get_line("GET / HTTP/1.1", "Host:\r\n")),
        bad("27 absolute-form without Host on 1.1", get_line("GET http://a.example/ HTTP/1.1", "")),
        bad("28 two Hosts", get_line("GET / HTTP/1.1", "Host: a\r\nHost: a\r\n")),
        bad("28 two Hosts on 1.0", get_line("GET / HTTP/1.0", "Host: a\r\nHost: b\r\n")),
        bad("29 Host with userinfo and path", get_line("GET / HTTP/1.1", "Host: a@b/c\r\n")),
        bad("29 Host with a space", get_line("GET / HTTP/1.1", "Host: a b\r\n")),
        bad("29 Host with port 65536", get_line("GET / HTTP/1.1", "Host: a:65536\r\n")),
        bad("29 Host list", get_line("GET / HTTP/1.1", "Host: a, b\r\n")),
        bad("30 absolute-form with another Host", get_line("GET http://b.example/ HTTP/1.1")),
        bad("30 absolute-form with another port", get_line("GET http://a.example:81/ HTTP/1.1")),
        bad("30 absolute-form of https with port 80",
            get_line("GET https://a.example:80/ HTTP/1.1")),
        good("30 absolute-form with the same Host", get_line("GET http://A.example:80/x HTTP/1.1")),
        good("30 absolute-form of https", get_line("GET https://a.example:443/x HTTP/1.1")),
        bad("31 # in the target", get_line("GET /a#b HTTP/1.1")),
        bad("32 target without leading slash", get_line("GET a HTTP/1.1")),
        bad("32 asterisk for GET", get_line("GET * HTTP/1.1")),
        good("32 asterisk for OPTIONS", get_line("OPTIONS * HTTP/1.1")),
        bad("33 byte above 0x7F in the target", get_line("GET /\xc3\xa9 HTTP/1.1")),
        bad("34 space in the target", get_line("GET /a b HTTP/1.1")),
        bad("34 tab as separator", get_line("GET\t/ HTTP/1.1")),
        bad("34 tab before the version", get_line("GET /\tHTTP/1.1")),
        bad("34 two spaces", get_line("GET  / HTTP/1.1")),
        bad("34 two spaces before the version", get_line("GET /  HTTP/1.1")),
        bad("34 space behind the version", get_line("GET / HTTP/1.1 ")),
        good("35 HTTP/1.2", get_line("GET / HTTP/1.2")),
        good("35 HTTP/1.9", get_line("GET / HTTP/1.9")),
        bad("36 HTTP/2.0", get_line("GET / HTTP/2.0"), errc::version_not_supported),
        bad("36 HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", errc::version_not_supported),
        bad("36 HTTP/3.0", get_line("GET / HTTP/3.0"), errc::version_not_supported),
        bad("36 HTTP/0.9 without a version", "GET /\r\n"),
        bad("36 HTTP/0.9 by name", get_line("GET / HTTP/0.9")),
        bad("36 lower case", get_line("GET / http/1.1")),
        bad("36 HTTP/1.10", get_line("GET / HTTP/1.10")),
        bad("36 HTTP/11", get_line("GET / HTTP/11")),
        bad("36 a TLS client hello", "\x16\x03\x01\x02"s),
        good("37 leading CRLF", "\r\n" + get_line("GET / HTTP/1.1")),
        good("37 four leading CRLF", "\r\n\r\n\r\n\r\n" + get_line("GET / HTTP/1.1")),
        bad("37 five leading CRLF", "\r\n\r\n\r\n\r\n\r\n" + get_line("GET / HTTP/1.1")),
        bad("37 leading LF", "\n" + get_line("GET / HTTP/1.1")),
    };
}

std::vector<row> other_rows() {
    return {
        good("48 underscore alias is dropped by default", post("Content_Length: 5\r\n")),
        good(
            "49 Upgrade to h2c",
            post(
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n")),
        bad("method with a bad byte", get_line("G(T / HTTP/1.1")),
        bad("empty method", get_line(" / HTTP/1.1")),
        good("an unknown method", get_line("M-SEARCH / HTTP/1.1")),
        bad("CONNECT", get_line("CONNECT a.example:443 HTTP/1.1"), errc::not_implemented),
        bad("TRACE", get_line("TRACE / HTTP/1.1"), errc::not_implemented),
        bad("TRACE with broken framing",
            "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
        good("Expect: 100-continue", post("Expect: 100-Continue\r\nContent-Length: 1\r\n")),
        bad("an unknown Expect", post("Expect: 200-ok\r\n"), errc::expectation_failed),
        bad("a second, unknown Expect", post("Expect: 100-continue\r\nExpect: x\r\n"),
            errc::expectation_failed),
        bad("path above the root", get_line("GET /../a HTTP/1.1")),
        bad("%00 in the path", get_line("GET /%00 HTTP/1.1")),
        bad("a bad escape", get_line("GET /%zz HTTP/1.1")),
        bad("a malformed Connection list", post("Connection: a b\r\n")),
        bad("a malformed Proxy-Connection list", post("Proxy-Connection: a b\r\n")),
        good("a Proxy-Connection as old clients send it", post("Proxy-Connection: Keep-Alive\r\n")),
        good("a GET with a body", get_line("GET / HTTP/1.1", "Host: a\r\nContent-Length: 3\r\n")),
        good("the shortest request", "GET / HTTP/1.0\r\n\r\n"),
    };
}

void check(const row& one) {
    const request_reading whole{one.bytes};
    INFO(whole.step.reason);
    if (one.refused) {
        REQUIRE(whole.step.at == parse_step::state::failed);
        CHECK(whole.step.code == *one.refused);
        CHECK_FALSE(whole.step.reason.empty());
    } else {
        REQUIRE(whole.step.at == parse_step::state::complete);
        CHECK(whole.step.consumed == one.bytes.size());
    }
    sluice::test::check_request_splits(one.bytes, whole.step);
}

// The head in front must be read alike whatever stands behind it, and the row alike behind it.
void check_in_pipeline(const row& one) {
    const std::string front = "GET /front HTTP/1.1\r\nHost: a\r\n\r\n";
    const request_reading first{front + one.bytes};
    REQUIRE(first.step.at == parse_step::state::complete);
    REQUIRE(first.step.consumed == front.size());
    CHECK(first.head.path == "/front");
    const request_reading second{std::string_view{first.bytes}.substr(first.step.consumed)};
    CHECK((second.step.at == parse_step::state::failed) == one.refused.has_value());
}

void check_all(const std::vector<row>& rows) {
    for (const row& one : rows) {
        DYNAMIC_SECTION(one.name) {
            check(one);
            check_in_pipeline(one);
        }
    }
}

}  // namespace

TEST_CASE("request framing is refused whenever two readers could disagree") {
    check_all(framing_rows());
}

TEST_CASE("bytes that may not stand in a head are refused") { check_all(byte_rows()); }

TEST_CASE("Host, target and version are held to the grammar") { check_all(host_rows()); }

TEST_CASE("the other rules of a request head decide by their code") { check_all(other_rows()); }

TEST_CASE("bad bytes are refused as soon as they are seen") {
    const auto early = [](std::string_view bytes) { return request_reading{bytes}.step; };
    CHECK(early("GET / HTTP/1.1\r\nHost: a\n").at == parse_step::state::failed);
    CHECK(early("GET / HTTP/1.1\r\nX: \0"sv).at == parse_step::state::failed);
    CHECK(early("GET / HTTP/1.1\r\nX: a\r\n ").reason == "a line starts with white space");
    CHECK(early("GET / HTTP/2.0\r\n").code == errc::version_not_supported);
    CHECK(early("GET /\r\n").at == parse_step::state::failed);
    CHECK(early("GET / HTTP/1.1\r\nHost: a\r\n\r").at == parse_step::state::incomplete);
}
