// SPDX-License-Identifier: Apache-2.0
// Upgrade: a tunnel only after the node's 101, an ordinary exchange after anything else.
#include "exchange_bench.hpp"

namespace sluice::conformance {

namespace {

const std::string offer = "Connection: upgrade\r\nUpgrade: websocket\r\n";
const std::string switched =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("after 101 bytes pass in both directions") {
    exchange_bench b({{acts::read_head, acts::send(switched + "hello"), acts::echo}});
    auto client = b.connect();
    client.send(get("/", offer));
    const auto got = client.read();
    CHECK(got.status() == 101);
    CHECK(got.field("Upgrade") == "websocket");
    CHECK(got.field("Connection") == "upgrade");
    CHECK(client.read_raw(5) == "hello");
    client.send("ping");
    CHECK(client.read_raw(4) == "ping");
    client.send(get("/tunnelled"));
    CHECK(client.read_raw(get("/tunnelled").size()) == get("/tunnelled"));
    client.shut_write();  // the node's echo ends with ours
    CHECK(client.ends());
    CHECK(b.node.await_ended(1));
}

TEST_CASE("the other direction of a tunnel goes on after one ended") {
    exchange_bench b({{acts::read_head, acts::send(switched), acts::shut_write, acts::read_bytes(4),
                       acts::tell, acts::close}});
    auto client = b.connect();
    client.send(get("/", offer));
    CHECK(client.read().status() == 101);
    CHECK(client.ends());  // the node's end came through
    client.send("late");
    CHECK(b.node.await_told());
}

TEST_CASE("bytes sent before the 101 are held until it came") {
    exchange_bench b(
        {{acts::read_head, acts::tell, acts::await_signal, acts::send(switched), acts::echo}});
    auto client = b.connect();
    const auto head = get("/", offer);
    client.send(head + "early");
    REQUIRE(b.node.await_told());
    CHECK(b.node.received_on(0).find("early") == std::string::npos);
    b.node.signal();
    CHECK(client.read().status() == 101);
    CHECK(client.read_raw(5) == "early");
}

TEST_CASE("CVE-2026-2833: a refused Upgrade is an ordinary exchange and smuggles nothing") {
    exchange_bench b;
    auto client = b.connect();
    client.send(get("/1", offer) + get("/2"));
    check_ok(client);
    check_ok(client);
    check_seen(b.node, {{.line = "GET /1 HTTP/1.1",
                         .last = "Connection: upgrade\r\nUpgrade: websocket\r\n"},
                        {"GET /2 HTTP/1.1"}});
    CHECK(b.node.requests()[1].connection == 1);  // the connection of an Upgrade serves nobody else
    CHECK(b.node.received_on(0).find("/2") == std::string::npos);
}

TEST_CASE("CVE-2026-58055: an Upgrade with a body is an ordinary request whose length holds") {
    exchange_bench b;
    auto client = b.connect();
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\n" + offer + "Content-Length: 5\r\n\r\nhello" +
                get("/2"));
    check_ok(client);
    check_ok(client);
    check_seen(b.node,
               {{"POST /1 HTTP/1.1", "", "Content-Length: 5\r\n", "hello"}, {"GET /2 HTTP/1.1"}});
}

TEST_CASE("a 101 with another protocol than offered is 502") {
    exchange_bench b(
        {{acts::read_request,
          acts::send(
              "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"),
          acts::await_end}});
    auto client = b.connect();
    client.send(get("/", offer));
    check_local(client.read(), 502, "bad_gateway");
    CHECK(b.node.await_ended(1));
}

TEST_CASE("a 101 to a request with Upgrade but without the Connection option is 502") {
    exchange_bench b({{acts::read_request, acts::send(switched), acts::await_end}});
    auto client = b.connect();
    client.send(get("/", "Upgrade: websocket\r\n"));
    check_local(client.read(), 502, "bad_gateway");
}

}  // namespace sluice::conformance
