// SPDX-License-Identifier: Apache-2.0
// Heads as they are written, and that what is written reads back as the same message.
#include "h1_reading.hpp"
#include "http/h1/write.hpp"

using sluice::byte_buffer;
using sluice::http::framing;
using sluice::http::header_list;
using sluice::http::method;
using sluice::http::outgoing_request;
using sluice::http::response_head;
using sluice::http::h1::persistence;
using sluice::test::parse_step;
using sluice::test::request_reading;
using sluice::test::response_reading;

namespace {

outgoing_request towards_node(const sluice::http::request_head& head) {
    outgoing_request out;
    out.head = &head;
    out.path = head.path;
    out.authority = head.authority;
    out.body = head.body;
    return out;
}

std::string written(const outgoing_request& request) {
    byte_buffer out;
    sluice::http::h1::write_request(out, request);
    return std::string{out.view()};
}

std::string written(const response_head& head, const framing& body, persistence how,
                    std::string_view id = "") {
    byte_buffer out;
    sluice::http::h1::write_response(out, head, body, how, "D", id);
    return std::string{out.view()};
}

std::string forwarded(std::string_view received) {
    const request_reading read{received};
    REQUIRE(read.step.at == parse_step::state::complete);
    return written(towards_node(read.head));
}

constexpr std::string_view with_everything =
    "POST /a?q HTTP/1.1\r\nHost: Shop.example:80\r\nAccept: */*\r\nConnection: close, "
    "X-Auth\r\nX-Auth: 1\r\n"
    "Keep-Alive: 5\r\nTE: gzip\r\nUpgrade: x\r\nProxy-Connection: "
    "keep-alive\r\nProxy-Authorization: p\r\n"
    "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: "
    "evil\r\nX-Forwarded-Port: 1\r\n"
    "X-Forwarded-User: root\r\nX-Request-Id: forged\r\nForwarded: for=x\r\nX-Real-IP: "
    "y\r\nMax-Forwards: 3\r\n"
    "Content-Length: 0005\r\nCookie: a=b\r\n\r\n";

}  // namespace

TEST_CASE("a request is written from the model alone") {
    const request_reading read{with_everything};
    REQUIRE(read.step.at == parse_step::state::complete);
    outgoing_request request = towards_node(read.head);
    request.forwarded_for = "7.7.7.7";
    request.forwarded_proto = "http";
    request.forwarded_host = "Shop.example:80";
    request.request_id = "0123";
    CHECK(
        written(request) ==
        "POST /a?q HTTP/1.1\r\nHost: Shop.example:80\r\nAccept: */*\r\nForwarded: "
        "for=x\r\nX-Real-IP: y\r\n"
        "Max-Forwards: 3\r\nCookie: a=b\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: http\r\n"
        "X-Forwarded-Host: Shop.example:80\r\nX-Request-Id: 0123\r\nContent-Length: 5\r\n\r\n");
    request.client_trusted = true;
    CHECK(written(request).find("X-Forwarded-Port: 1\r\nX-Forwarded-User: root\r\n") !=
          std::string::npos);
}

TEST_CASE("what was written reads back as the same message") {
    const request_reading first{with_everything};
    const request_reading second{forwarded(with_everything)};
    REQUIRE(second.step.at == parse_step::state::complete);
    CHECK(second.step.consumed == second.bytes.size());
    CHECK(second.head.verb == first.head.verb);
    CHECK(second.head.path == first.head.path);
    CHECK(second.head.query == first.head.query);
    CHECK(second.head.authority == first.head.authority);
    CHECK(second.head.body.how == framing::kind::length);
    CHECK(second.head.body.length == 5);
    for (const auto& one : second.head.fields) {
        INFO(one.name);
        CHECK_FALSE(one.hop_by_hop);
        CHECK(first.head.fields.find(one.name)->value == one.value);
    }
}

TEST_CASE("a request says how its body ends only when it must") {
    const auto framing_of = [](const std::string& line, const std::string& field) {
        const std::string text = forwarded(line + " HTTP/1.1\r\nHost: a\r\n" + field + "\r\n");
        const std::string front = line + " HTTP/1.1\r\nHost: a\r\n";
        REQUIRE(text.starts_with(front));
        return text.substr(front.size());
    };
    CHECK(framing_of("GET /", "") == "\r\n");
    CHECK(framing_of("DELETE /", "") == "\r\n");
    CHECK(framing_of("POST /", "") == "Content-Length: 0\r\n\r\n");
    CHECK(framing_of("PUT /", "") == "Content-Length: 0\r\n\r\n");
    CHECK(framing_of("PATCH /", "") == "Content-Length: 0\r\n\r\n");
    CHECK(framing_of("DELETE /", "Content-Length: 0\r\n") == "Content-Length: 0\r\n\r\n");
    CHECK(framing_of("GET /", "Content-Length: 3\r\n") == "Content-Length: 3\r\n\r\n");
    CHECK(framing_of("POST /", "Transfer-Encoding: chunked\r\n") ==
          "Transfer-Encoding: chunked\r\n\r\n");
    CHECK(framing_of("GET /?", "") == "\r\n");
    CHECK(framing_of("OPTIONS *", "") == "\r\n");
}

TEST_CASE("upgrade and TE go out with their Connection option") {
    const std::string received =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, TE\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: k\r\nTE: trailers\r\n\r\n";
    const request_reading read{received};
    outgoing_request request = towards_node(read.head);
    CHECK(written(request) == "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: k\r\nConnection: "
                              "TE\r\nTE: trailers\r\n\r\n");
    request.upgrade = true;
    CHECK(written(request) == "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: k\r\nConnection: "
                              "upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST_CASE("an expectation travels on, an upgrade to h2c does not") {
    CHECK(
        forwarded("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
            .find("Expect: 100-continue") != std::string::npos);
    CHECK(forwarded(
              "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              "HTTP2-Settings: AAMA\r\n\r\n") == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("a large head grows the buffer and joins what is already there") {
    sluice::http::request_head head;
    const std::string value(30'000, 'v');
    head.method_name = "GET";
    head.path = "/";
    head.authority = "a";
    head.fields.add("Big", value);
    byte_buffer out;
    out.append("before|");
    sluice::http::h1::write_request(out, towards_node(head));
    CHECK(out.view() == "before|GET / HTTP/1.1\r\nHost: a\r\nBig: " + value + "\r\n\r\n");
}

TEST_CASE("a response is written with the framing and persistence chosen for the client") {
    const response_reading read{
        "HTTP/1.1 200 Fine\r\nServer: s\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: x\r\n"
        "Transfer-Encoding: chunked\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n"};
    REQUIRE(read.step.at == parse_step::state::complete);
    const std::string front =
        "HTTP/1.1 200 Fine\r\nServer: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nDate: D\r\n";
    CHECK(written(read.head, {framing::kind::chunked}, persistence::keep_alive) ==
          front + "Transfer-Encoding: chunked\r\n\r\n");
    CHECK(written(read.head, {framing::kind::until_close}, persistence::close) ==
          front + "Connection: close\r\n\r\n");
    CHECK(written(read.head, {framing::kind::length, 7}, persistence::keep_alive_1_0) ==
          front + "Content-Length: 7\r\nConnection: keep-alive\r\n\r\n");
    CHECK(written(read.head, {framing::kind::length, 0}, persistence::keep_alive, "id") ==
          front + "X-Request-Id: id\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a node's Date is kept and its X-Request-Id only when we have none") {
    const response_reading read{
        "HTTP/1.1 200 OK\r\nDate: N\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n"};
    CHECK(written(read.head, read.head.body, persistence::keep_alive) ==
          "HTTP/1.1 200 OK\r\nDate: N\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n");
    CHECK(written(read.head, read.head.body, persistence::keep_alive, "ours") ==
          "HTTP/1.1 200 OK\r\nDate: N\r\nX-Request-Id: ours\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("HEAD and 304 keep the declared length, 204 and 1xx never carry one") {
    const response_reading head{"HTTP/1.1 200 OK\r\nDate: N\r\nContent-Length: 9\r\n\r\n",
                                method::head};
    CHECK(written(head.head, head.head.body, persistence::keep_alive) ==
          "HTTP/1.1 200 OK\r\nDate: N\r\nContent-Length: 9\r\n\r\n");
    const response_reading empty{"HTTP/1.1 204 No Content\r\nDate: N\r\nContent-Length: 9\r\n\r\n"};
    CHECK(written(empty.head, empty.head.body, persistence::close) ==
          "HTTP/1.1 204 No Content\r\nDate: N\r\nConnection: close\r\n\r\n");
}

TEST_CASE("101 names the protocol, other informational heads carry fields only") {
    const response_reading read{"HTTP/1.1 101 Switching Protocols\r\nDate: N\r\nConnection: "
                                "upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Accept: k\r\n\r\n"};
    CHECK(written(read.head, read.head.body, persistence::upgrade) ==
          "HTTP/1.1 101 Switching Protocols\r\nDate: N\r\nSec-WebSocket-Accept: k\r\nConnection: "
          "upgrade\r\n"
          "Upgrade: websocket\r\n\r\n");
    const response_reading hints{
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\n\r\n"};
    byte_buffer out;
    sluice::http::h1::write_informational(out, hints.head);
    CHECK(out.view() == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST_CASE("a missing reason phrase still leaves its space") {
    response_head head;
    head.status = 299;
    CHECK(written(head, {framing::kind::length, 0}, persistence::keep_alive)
              .starts_with("HTTP/1.1 299 \r\n"));
}

TEST_CASE("chunk sizes are hexadecimal and the last chunk carries the trailers") {
    byte_buffer out;
    sluice::http::h1::write_chunk_size(out, 255);
    sluice::http::h1::write_chunk_size(out, ~std::uint64_t{0});
    CHECK(out.view() == "ff\r\nffffffffffffffff\r\n");
    out.clear();
    sluice::http::h1::write_last_chunk(out, nullptr);
    CHECK(out.view() == "0\r\n\r\n");
    out.clear();
    header_list trailers;
    trailers.add("Checksum", "1");
    sluice::http::h1::write_last_chunk(out, &trailers);
    CHECK(out.view() == "0\r\nChecksum: 1\r\n\r\n");
}
