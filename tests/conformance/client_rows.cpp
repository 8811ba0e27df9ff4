// SPDX-License-Identifier: Apache-2.0
#include "client_rows.hpp"

#include <fmt/format.h>

#include <string_view>

namespace sluice::conformance {

namespace {

using namespace std::string_literals;

// Bytes that would be a request of their own if a body ended too early.
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string chunked_body = "5\r\nhello\r\n0\r\n\r\n";
const std::string as_chunked = "Transfer-Encoding: chunked\r\n";

std::string get(std::string_view fields) {
    return fmt::format("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", fields);
}

std::string post(std::string_view fields, std::string_view body) {
    return fmt::format("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n{}", fields, body);
}

std::string chunked(std::string_view body) { return post(as_chunked, body); }

std::string line(std::string_view first) { return fmt::format("{}\r\nHost: a\r\n\r\n", first); }

client_row refused(std::string name, std::string bytes, unsigned status = 400) {
    return {std::move(name), std::move(bytes), status, std::nullopt};
}

client_row taken(std::string name, std::string bytes, expected_request reached) {
    return {std::move(name), std::move(bytes), 200, std::move(reached)};
}

expected_request posted(std::string framing, std::string body, std::string fields = {},
                        std::string trailers = {}) {
    return {"POST / HTTP/1.1", std::move(fields), std::move(framing), std::move(body),
            std::move(trailers)};
}

expected_request hello_in_chunks() { return posted(as_chunked, "hello"); }

std::string repeated(std::size_t times, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

using rows = std::vector<client_row>;

void add_transfer_encoding(rows& all) {
    const auto coded = [](std::string_view value) {
        return post(fmt::format("Transfer-Encoding:{}\r\n", value), chunked_body + smuggled);
    };
    all.push_back(refused("1 Content-Length, then Transfer-Encoding",
                          post("Content-Length: 5\r\n" + as_chunked, chunked_body + smuggled)));
    all.push_back(refused("1 Transfer-Encoding, then Content-Length",
                          post(as_chunked + "Content-Length: 5\r\n", chunked_body + smuggled)));
    all.push_back(refused("2 Transfer-Encoding: gzip, then Content-Length",
                          post("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello")));
    for (const std::string_view value : {" gzip", " identity", " xchunked", " \"chunked\""})
        all.push_back(refused(fmt::format("3 Transfer-Encoding:{}", value), coded(value)));
    for (const std::string_view value : {" chunked, identity", " chunked, chunked"})
        all.push_back(refused(fmt::format("4 Transfer-Encoding:{}", value), coded(value)));
    all.push_back(refused("5 Transfer-Encoding: gzip, chunked", coded(" gzip, chunked"), 501));
    all.push_back(
        refused("6 two Transfer-Encoding lines", post(as_chunked + as_chunked, chunked_body)));
    all.push_back(refused("6 two Transfer-Encoding lines, the first is gzip",
                          post("Transfer-Encoding: gzip\r\n" + as_chunked, chunked_body)));
    all.push_back(refused("7 a parameter behind chunked", coded(" chunked;p=1")));
    all.push_back(refused("8 a vertical tab before chunked", coded(" \x0b"
                                                                   "chunked")));
    all.push_back(taken("9 a tab before chunked",
                        post("Transfer-Encoding:\tchunked\r\n", chunked_body), hello_in_chunks()));
    all.push_back(refused("10 a space before the colon of Transfer-Encoding",
                          post("Transfer-Encoding : chunked\r\n", chunked_body)));
    all.push_back(refused("11 Transfer-Encoding on HTTP 1.0",
                          "POST / HTTP/1.0\r\nHost: a\r\n" + as_chunked + "\r\n" + chunked_body));
}

void add_content_length(rows& all) {
    const auto sized = [](std::string_view value) {
        return post(fmt::format("Content-Length:{}\r\n", value), "hello");
    };
    all.push_back(refused("12 Content-Length twice, the same",
                          post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")));
    all.push_back(refused("13 Content-Length twice, different",
                          post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")));
    all.push_back(refused("14 Content-Length: 5, 5", sized(" 5, 5")));
    for (const std::string_view value :
         {" +5", " -1", " 0x5", "", " 5 5", " 18446744073709551621", " 5,"})
        all.push_back(refused(
            fmt::format("15 Content-Length:{}", value.empty() ? " nothing" : value), sized(value)));
    all.push_back(refused("16 Content-Length: 2^64-1", sized(" 18446744073709551615")));
    all.push_back(
        taken("17 Content-Length: 005", sized(" 005"), posted("Content-Length: 5\r\n", "hello")));
}

void add_bytes_of_heads(rows& all) {
    all.push_back(refused("18 a whole head with bare LF", "GET / HTTP/1.1\nHost: a\n\n"));
    all.push_back(
        refused("19 one field ended by bare LF", "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n"));
    all.push_back(refused("20 a bare CR in a value", get("X-A: b\rc\r\n")));
    all.push_back(refused("21 NUL in a value", get("X-A: b\0c\r\n"s)));
    all.push_back(refused("22 the control byte 0x01 in a value", get("X-A: b\x01"
                                                                     "c\r\n")));
    all.push_back(refused("22 DEL in a value", get("X-A: b\x7f"
                                                   "c\r\n")));
    all.push_back(refused("23 a folded line", get("X-A: b\r\n c\r\n")));
    all.push_back(refused("23 a folded Transfer-Encoding",
                          post("Transfer-Encoding:\r\n chunked\r\n", chunked_body)));
    all.push_back(
        refused("24 white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"));
    all.push_back(refused("25 an empty field name", get(": b\r\n")));
    all.push_back(refused("25 NUL in a field name", get("X\0A: b\r\n"s)));
    all.push_back(refused("26 a field line without colon", get("Broken\r\n")));
}

void add_hosts_and_lines(rows& all) {
    all.push_back(refused("27 no Host on HTTP 1.1", "GET / HTTP/1.1\r\n\r\n"));
    all.push_back(refused("28 two Hosts", get("Host: a\r\n")));
    all.push_back(refused("29 Host: a@b/c", "GET / HTTP/1.1\r\nHost: a@b/c\r\n\r\n"));
    all.push_back(
        refused("30 an absolute target that differs from Host", line("GET http://b/ HTTP/1.1")));
    all.push_back(taken("30 an absolute target that agrees with Host",
                        line("GET http://a/x HTTP/1.1"), {"GET /x HTTP/1.1"}));
    all.push_back(refused("31 a fragment in the target", line("GET /a#b HTTP/1.1")));
    all.push_back(refused("32 a target without leading slash", line("GET a/b HTTP/1.1")));
    all.push_back(refused("33 a raw byte of 0x80 in the target", line("GET /\x80 HTTP/1.1")));
    all.push_back(refused("34 a space in the target", line("GET /a b HTTP/1.1")));
    all.push_back(refused("34 a tab as separator", line("GET\t/ HTTP/1.1")));
    all.push_back(refused("34 two spaces before the target", line("GET  / HTTP/1.1")));
    all.push_back(refused("34 two spaces before the version", line("GET /  HTTP/1.1")));
    all.push_back(taken("35 HTTP 1.2", line("GET / HTTP/1.2"), {}));
    all.push_back(refused("36 HTTP 2.0 as text", line("GET / HTTP/2.0"), 505));
    all.push_back(refused("36 HTTP 0.9", "GET /\r\n"));
    all.push_back(taken("37 an empty line before the request", "\r\n" + get(""), {}));
}

void add_chunks(rows& all) {
    const std::string kilobytes(100 * 1024, 'x');
    all.push_back(taken("38 a well-formed chunk extension",
                        chunked("5;name=value\r\nhello\r\n0;last\r\n\r\n"), hello_in_chunks()));
    all.push_back(
        refused("39 a bare LF in a chunk extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")));
    all.push_back(refused("39 NUL in a chunk extension", chunked("5;a\0b\r\nhello\r\n0\r\n\r\n"s)));
    all.push_back(refused("40 a chunk extension of 100 KB",
                          chunked("5;a=" + kilobytes + "\r\nhello\r\n0\r\n\r\n")));
    all.push_back(refused(
        "40 extensions of 1 KB on a thousand chunks",
        chunked(repeated(1000, "1;" + kilobytes.substr(0, 1000) + "\r\nx\r\n") + "0\r\n\r\n")));
    for (const std::string_view size : {"0x5", "+5", "-0", "00000000000000005"})
        all.push_back(refused(fmt::format("41 chunk size {}", size),
                              chunked(fmt::format("{}\r\nhello\r\n0\r\n\r\n", size))));
    all.push_back(taken("42 chunk size with leading zeros",
                        chunked("0000000000000005\r\nhello\r\n0\r\n\r\n"), hello_in_chunks()));
    all.push_back(refused("43 a chunk size line ended by LF", chunked("5\nhello\r\n0\r\n\r\n")));
    all.push_back(refused("43 chunk content ended by LF", chunked("5\r\nhello\n0\r\n\r\n")));
    all.push_back(refused("44 the last chunk ended by LF", chunked("5\r\nhello\r\n0\n\r\n")));
}

void add_trailers(rows& all) {
    const auto trailing = [](std::string_view fields) {
        return chunked(fmt::format("5\r\nhello\r\n0\r\n{}\r\n", fields));
    };
    const auto kept = [] { return posted(as_chunked, "hello", "", "X-Sum: 1\r\n"); };
    all.push_back(taken("45 Content-Length as a trailer",
                        trailing("Content-Length: 9\r\nX-Sum: 1\r\n"), kept()));
    all.push_back(taken("46 Host as a trailer", trailing("Host: evil\r\nX-Sum: 1\r\n"), kept()));
    all.push_back(taken("46 Authorization as a trailer",
                        trailing("Authorization: x\r\nX-Sum: 1\r\n"), kept()));
    all.push_back(refused("47 100 000 trailers", trailing(repeated(100'000, "X-Some: value\r\n"))));
    all.push_back(refused("47 3000 fields", get(repeated(3000, "A: b\r\n")), 431));
}

void add_policies(rows& all) {
    all.push_back(taken("48 Content_Length", get("Content_Length: 5\r\nX-A: b\r\n"),
                        {.fields = "X-A: b\r\n"}));
    all.push_back(taken("49 Upgrade: h2c",
                        get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: "
                            "h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"),
                        {}));
}

}  // namespace

const std::vector<client_row>& client_rows() {
    static const rows all = [] {
        rows made;
        add_transfer_encoding(made);
        add_content_length(made);
        add_bytes_of_heads(made);
        add_hosts_and_lines(made);
        add_chunks(made);
        add_trailers(made);
        add_policies(made);
        return made;
    }();
    return all;
}

}  // namespace sluice::conformance
