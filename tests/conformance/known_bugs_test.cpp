// SPDX-License-Identifier: Apache-2.0
// Bugs other proxies had, each a test under its number; rows of the tables that are such bugs are
// not repeated.
#include "exchange_bench.hpp"

#include <string>

namespace sluice::conformance {

namespace {

void check_refused(const std::string& bytes) {
    exchange_bench b;
    auto client = b.connect();
    client.send(bytes);
    check_local(client.read(), 400, "bad_request");
    CHECK(client.ends());
    CHECK(b.node.requests().empty());
}

}  // namespace

TEST_CASE("CVE-2026-2835: Transfer-Encoding on HTTP 1.0 is refused") {
    check_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_CASE("CVE-2023-25725: an empty field name does not end the list of fields") {
    check_refused(get("/", ": x\r\nContent-Length: 5\r\n"));
}

TEST_CASE("CVE-2023-40225: an empty or unfinished Content-Length is refused") {
    check_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n");
    check_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5,\r\n\r\nhello");
}

TEST_CASE("CVE-2023-45539: a fragment in the path is refused") { check_refused(get("/a#.png")); }

TEST_CASE("CVE-2026-27588: the case of Host does not matter to routes") {
    exchange_bench b({always_ok()},
                     {.routes = "[{name: all, service: all, match: {hosts: [Shop.Example.com]}}]"});
    auto client = b.connect();
    client.send("GET / HTTP/1.1\r\nHost: sHOP.eXAMPLE.COM.\r\n\r\n");
    check_ok(client);
}

TEST_CASE("CVE-2026-27586: the admin API refuses a foreign Origin") {
    exchange_bench b;
    raw_client admin(b.gateway.admin_port());
    admin.send(
        "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n");
    CHECK(admin.read().status() == 403);
}

TEST_CASE("CVE-2026-48020: a rewritten path is canonical and never another one") {
    exchange_bench b(
        {always_ok()},
        {.routes =
             "[{name: all, service: all, match: {path: {prefix: /api}}, rewrite: {prefix: /}}]"});
    auto client = b.connect();
    client.send(get("/api/../admin"));
    check_local(client.read(), 404, "no_route");
    client.send(get("/api/%2e%2e/admin"));
    check_local(client.read(), 404, "no_route");
    client.send(get("/api/x/../y"));
    check_ok(client);
    check_seen(b.node, {{"GET /y HTTP/1.1"}});
}

TEST_CASE("CVE-2026-39858: an underscore alias of X-Forwarded-Proto does not pass") {
    exchange_bench b;
    auto client = b.connect();
    client.send(get("/", "X_Forwarded_Proto: https\r\nX-Kept: 1\r\n"));
    check_ok(client);
    check_seen(b.node, {{.fields = "X-Kept: 1\r\n"}});
}

TEST_CASE("Beast 3098, 3077, 3094: framing by coding, unbounded extensions, trailers that act as "
          "fields") {
    check_refused(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello");
    check_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                  std::string(2000, 'x') + "\r\nx\r\n0\r\n\r\n");
    exchange_bench b;
    auto client = b.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nConnection: "
                "close\r\n\r\n" +
                get("/2"));
    check_ok(client);
    check_ok(client);
}

}  // namespace sluice::conformance
