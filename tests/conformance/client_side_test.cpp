// SPDX-License-Identifier: Apache-2.0
// What clients do besides the rows of the table: odd packets, expectations, fields about the
// connection, paths, HTTP
// 1.0, HEAD and trailers.
#include "exchange_bench.hpp"

#include <fmt/format.h>

namespace sluice::conformance {

namespace {

using namespace std::string_literals;

const std::string chunked_field = "Transfer-Encoding: chunked\r\n";

// One request, one answer of the node's, one look at what the node saw.
void check_forwarded(const std::string& bytes, const expected_request& wanted) {
    exchange_bench b;
    auto client = b.connect();
    client.send(bytes);
    check_ok(client);
    check_seen(b.node, {wanted});
}

}  // namespace

TEST_CASE("a request of one byte a packet arrives whole") {
    exchange_bench b;
    auto client = b.connect();
    client.send_bytewise("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                         "chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n");
    check_ok(client);
    check_seen(b.node, {{"POST /x HTTP/1.1", "", chunked_field, "hello world", "X-Sum: 1\r\n"}});
}

TEST_CASE("of three pipelined requests with a malformed second one only the first is answered as "
          "wished") {
    exchange_bench b;
    auto client = b.connect();
    client.send(get("/1") + "GET /2 HTTP/1.1\r\nHost : a\r\n\r\n" + get("/3"));
    check_ok(client);
    check_local(client.read(), 400, "bad_request");
    CHECK(client.ends());
    check_seen(b.node, {{"GET /1 HTTP/1.1"}});
}

TEST_CASE("bytes behind a request with Connection: close are not read as a request") {
    exchange_bench b;
    auto client = b.connect();
    client.send(get("/1", "Connection: close\r\n") + get("/2"));
    const auto got = client.read();
    check_answer(got, 200, "ok");
    CHECK(got.field("Connection") == "close");
    CHECK(client.ends());
    check_seen(b.node, {{"GET /1 HTTP/1.1"}});
}

TEST_CASE("GET and DELETE may have a body") {
    exchange_bench b;
    auto client = b.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    check_ok(client);
    client.send("DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    check_ok(client);
    check_seen(b.node, {{"GET / HTTP/1.1", "", "Content-Length: 5\r\n", "hello"},
                        {"DELETE / HTTP/1.1", "", chunked_field, "hello"}});
}

TEST_CASE("CONNECT and TRACE are not implemented") {
    exchange_bench b;
    for (const std::string first : {"CONNECT a:443 HTTP/1.1", "TRACE / HTTP/1.1"}) {
        auto client = b.connect();
        client.send(first + "\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
        check_local(client.read(), 501, "not_implemented");
        CHECK(client.ends());
    }
    CHECK(b.node.requests().empty());
}

TEST_CASE("Max-Forwards passes") {
    check_forwarded("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n",
                    {"OPTIONS * HTTP/1.1", "Max-Forwards: 3\r\n"});
}

TEST_CASE("Expect: 100-continue, the node answers 100 and then 200") {
    exchange_bench b(
        {{acts::read_head, acts::send("HTTP/1.1 100 Continue\r\n\r\n"), acts::read_bytes(5),
          acts::send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")}});
    auto client = b.connect();
    for (int i = 0; i < 2; ++i) {
        client.send(
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        CHECK(client.read().head == "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("hello");
        check_answer(client.read(), 200, "ok");
    }
    CHECK(b.node.received_on(0).find("Expect: 100-continue\r\n") != std::string::npos);
    CHECK(b.node.connections() == 1);
}

TEST_CASE("Expect: 100-continue, the node answers 417") {
    exchange_bench b({{acts::read_head,
                       acts::send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"),
                       acts::await_end}});
    auto client = b.connect();
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto got = client.read();
    check_answer(got, 417, "no");
    // Whether the five bytes still come nobody knows, so neither connection serves another request.
    CHECK(got.field("Connection") == "close");
    CHECK(client.ends());
    CHECK(b.node.await_ended(1));
}

TEST_CASE("Expect: 100-continue, the node answers 200 without 100") {
    exchange_bench b(
        {{acts::read_head, acts::send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
          acts::await_end}});
    auto client = b.connect();
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto got = client.read();
    check_answer(got, 200, "ok");
    CHECK(got.field("Connection") == "close");
    CHECK(client.ends());
    CHECK(b.node.await_ended(1));
}

TEST_CASE("Expect: 100-continue, the node never answers") {
    exchange_bench b({{acts::read_head, acts::await_end}},
                     {.more = "timeouts: {upstream_head: 100ms}"});
    auto client = b.connect();
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    check_local(client.read(), 504, "upstream_timeout");
    CHECK(client.ends());
    CHECK(b.node.await_ended(1));
}

TEST_CASE("Expect: 100-continue from a client that sends its body at once") {
    exchange_bench b;
    auto client = b.connect();
    client.send(
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello" +
        get("/2"));
    check_ok(client);
    check_ok(client);
    check_seen(b.node,
               {{"PUT / HTTP/1.1", "Expect: 100-continue\r\n", "Content-Length: 5\r\n", "hello"},
                {"GET /2 HTTP/1.1"}});
}

TEST_CASE("another Expect is 417") {
    exchange_bench b;
    for (const std::string value : {"200-ok", "100-continue, more"}) {
        auto client = b.connect();
        client.send(get("/", "Expect: " + value + "\r\n"));
        check_local(client.read(), 417, "expectation_failed");
        CHECK(client.ends());
    }
    CHECK(b.node.requests().empty());
}

TEST_CASE("Connection names a field away") {
    check_forwarded(get("/", "X-Auth: secret\r\nX-Kept: 1\r\nConnection: keep-alive, X-Auth\r\n"),
                    {.fields = "X-Kept: 1\r\n"});
}

TEST_CASE("Connection cannot take away what routes, frames or vouches for a request") {
    check_forwarded("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Request-Id: "
                    "mine\r\nX-Forwarded-For: 1.2.3.4\r\n"
                    "Connection: Host, Content-Length, X-Forwarded-For, X-Forwarded-Host, "
                    "X-Forwarded-Proto, X-Request-Id\r\n\r\nhello",
                    {"POST / HTTP/1.1", "", "Content-Length: 5\r\n", "hello"});
}

TEST_CASE("fields about one connection only do not reach the node") {
    check_forwarded(
        get("/",
            "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: x\r\n"
            "Proxy-Authenticate: Basic\r\nProxy-Authorization: Basic eA==\r\nHTTP2-Settings: AA\r\n"
            "X-Kept: 1\r\n"),
        {.fields = "X-Kept: 1\r\n"});
}

TEST_CASE("TE: trailers is said anew to the node") {
    check_forwarded(get("/", "TE: trailers, gzip\r\nConnection: TE\r\n"),
                    {.last = "Connection: TE\r\nTE: trailers\r\n"});
}

TEST_CASE("fields about one connection only do not reach the client") {
    exchange_bench b({always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: "
                             "timeout=5\r\nConnection: keep-alive, X-Hop\r\n"
                             "X-Hop: 1\r\nProxy-Connection: x\r\nUpgrade: "
                             "h2c\r\nProxy-Authenticate: Basic\r\nServer: node\r\n"
                             "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Kept: 1\r\n\r\nok")});
    auto client = b.connect();
    client.send(get("/"));
    const auto got = client.read();
    CHECK(got.head == "HTTP/1.1 200 OK\r\nServer: node\r\nDate: Sun, 06 Nov 1994 08:49:37 "
                      "GMT\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\n");
}

TEST_CASE("the node sees the canonical path") {
    struct row {
        std::string sent, seen;
    };
    const auto one = GENERATE(values<row>({{"/a/../b", "/b"},
                                           {"/a/%2e%2e/b", "/b"},
                                           {"/a/%2E./b", "/b"},
                                           {"/a%2fb", "/a%2fb"},
                                           {"/a%5cb", "/a%5cb"},
                                           {"//b", "//b"},
                                           {"/a;x/../b", "/b"},
                                           {"/%25%32%66", "/%252f"},
                                           {"/%7euser/%41?q=%41/../%zz", "/~user/A?q=%41/../%zz"},
                                           {"/a/./b/.", "/a/b/"},
                                           {"/%C3%A9", "/%C3%A9"},
                                           {"http://a", "/"}}));
    INFO(one.sent);
    check_forwarded(get(one.sent), {"GET " + one.seen + " HTTP/1.1"});
}

TEST_CASE("a path that could be read in two ways is refused") {
    const auto sent =
        GENERATE(as<std::string>(), "/..", "/a/../..", "/%2e%2e/", "/%00", "/%1f", "/%7F", "/%zz",
                 "/%4", "/%", "/%c0%af", "/%ff", "/%ed%a0%80", "/%e2%82", "/a\\b");
    INFO(sent);
    exchange_bench b;
    auto client = b.connect();
    client.send(get(sent));
    check_local(client.read(), 400, "bad_request");
    CHECK(client.ends());
    CHECK(b.node.requests().empty());
}

TEST_CASE("HTTP 1.0 with Host is answered and closed") {
    exchange_bench b;
    auto client = b.connect();
    client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n" + get("/2"));
    const auto got = client.read();
    check_answer(got, 200, "ok");
    CHECK(got.field("Connection") == "close");
    CHECK(client.ends());
    check_seen(b.node, {{}});
}

TEST_CASE("HTTP 1.0 without Host sends the node's address") {
    exchange_bench b;
    auto client = b.connect();
    client.send("GET / HTTP/1.0\r\n\r\n");
    check_ok(client);
    const auto seen = b.node.await_requests(1);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].field("Host") == b.node.address());
}

TEST_CASE("HTTP 1.0 with keep-alive stays open") {
    exchange_bench b;
    auto client = b.connect();
    for (int i = 0; i < 2; ++i) {
        client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
        const auto got = client.read();
        check_answer(got, 200, "ok");
        CHECK(got.field("Connection") == "keep-alive");
    }
    check_seen(b.node, {{}, {}});
}

TEST_CASE("a chunked answer reaches an HTTP 1.0 client until close") {
    exchange_bench b(
        {always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")});
    auto client = b.connect();
    client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    const auto got = client.read();
    CHECK(got.how == ending::closed);
    CHECK(got.body == "ok");
    CHECK(got.field("Connection") == "close");
    CHECK_FALSE(got.field("Transfer-Encoding"));
}

TEST_CASE("HEAD brings the length and no body") {
    exchange_bench b({always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")});
    auto client = b.connect();
    for (int i = 0; i < 2; ++i) {
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto got = client.read(body_rule::head_only);
        CHECK(got.how == ending::whole);
        CHECK(got.field("Content-Length") == "5");
    }
    check_seen(b.node, {{"HEAD / HTTP/1.1"}, {"HEAD / HTTP/1.1"}});
    CHECK(b.node.connections() == 1);
}

TEST_CASE("HEAD to a missing route has a length and no body") {
    exchange_bench b({always_ok()},
                     {.routes = "[{name: all, service: all, match: {path: {prefix: /x}}}]"});
    auto client = b.connect();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/x"));
    const auto got = client.read(body_rule::head_only);
    CHECK(got.status() == 404);
    CHECK(got.field("Content-Length"));
    check_ok(client);
}

TEST_CASE("trailers of an answer reach the client") {
    exchange_bench b(
        {always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: "
                "1\r\nSet-Cookie: evil=1\r\n\r\n")});
    auto client = b.connect();
    client.send(get("/", "TE: trailers\r\nConnection: TE\r\n"));
    const auto got = client.read();
    check_answer(got, 200, "ok");
    CHECK(got.trailers == "X-Sum: 1\r\n");
    CHECK(b.node.await_requests(1).size() == 1);
}

}  // namespace sluice::conformance
