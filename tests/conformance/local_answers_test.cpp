// SPDX-License-Identifier: Apache-2.0
// What the gateway answers itself: the right status, a body in JSON, and a connection that is never
// confused by a request body nobody read.
#include "exchange_bench.hpp"

#include <string>

namespace sluice::conformance {

namespace {

const std::string only_x = "[{name: all, service: all, match: {path: {prefix: /x}}}]";

}  // namespace

TEST_CASE("CVE-2025-4366: a 404 to a POST whose body is here leaves the next request alone") {
    exchange_bench b({always_ok()}, {.routes = only_x});
    for (const std::string body : {"Content-Length: 5\r\n\r\nhello",
                                   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}) {
        auto client = b.connect();
        client.send("POST /missing HTTP/1.1\r\nHost: a\r\n" + body + get("/x"));
        check_local(client.read(), 404, "no_route");
        check_ok(client);
    }
    check_seen(b.node, {{"GET /x HTTP/1.1"}, {"GET /x HTTP/1.1"}});
}

TEST_CASE("CVE-2025-4366: a 404 to a POST whose body is still on its way closes the connection") {
    exchange_bench b({always_ok()}, {.routes = only_x});
    auto client = b.connect();
    client.send("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
    check_local(client.read(), 404, "no_route");
    client.send(get("/x"));
    CHECK(client.ends());
    CHECK(b.node.requests().empty());
}

TEST_CASE("a body over the limit is 413 by its Content-Length") {
    exchange_bench b({always_ok()}, {.more = "limits: {body: 8B}"});
    auto client = b.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    check_local(client.read(), 413, "body_too_large");
    CHECK(client.ends());
    CHECK(b.node.connections() == 0);
}

TEST_CASE("a body over the limit is 413 by the growth of its chunks") {
    exchange_bench b(
        {{acts::read_request, acts::send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")}},
        {.more = "limits: {body: 8B}"});
    auto client = b.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                "chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n" +
                get("/2"));
    check_local(client.read(), 413, "body_too_large");
    CHECK(client.ends());
    CHECK(b.node.requests().empty());
}

TEST_CASE("a head that does not end in time is 408") {
    exchange_bench b({always_ok()}, {.more = "timeouts: {client_head: 50ms}"});
    auto client = b.connect();
    client.send("GET / HTTP/1.1\r\nHo");
    check_local(client.read(), 408, "request_timeout");
    CHECK(client.ends());
}

TEST_CASE("a connection without a byte is closed silently") {
    exchange_bench b({always_ok()}, {.more = "timeouts: {client_head: 50ms}"});
    auto client = b.connect();
    CHECK(client.ends());
}

TEST_CASE("a body that does not come in time is 408") {
    exchange_bench b({{acts::read_head, acts::await_end}},
                     {.more = "timeouts: {client_body_idle: 50ms}"});
    auto client = b.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello");
    check_local(client.read(), 408, "request_timeout");
    CHECK(client.ends());
}

TEST_CASE("a head over a limit is 431") {
    exchange_bench b({always_ok()}, {.more = "limits: {head: 4KiB, line: 1KiB, headers: 8}"});
    std::string many, much;
    for (int i = 0; i < 9; ++i)
        many += "A: b\r\n";
    for (int i = 0; i < 6; ++i)
        much += "A: " + std::string(900, 'b') + "\r\n";
    for (const auto& bytes : {get("/", many), get("/", much), get("/" + std::string(1100, 'a')),
                              get("/", "A: " + std::string(1100, 'b') + "\r\n")}) {
        auto client = b.connect();
        client.send(bytes);
        check_local(client.read(), 431, "head_too_large");
        CHECK(client.ends());
    }
    CHECK(b.node.requests().empty());
}

}  // namespace sluice::conformance
