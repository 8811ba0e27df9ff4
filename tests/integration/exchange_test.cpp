// SPDX-License-Identifier: Apache-2.0
// Whole requests through a worker's gateway: reuse, retries, deadlines, half-closed clients.
#include "fake/request_at_node.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::node;
using fake::settings_for;

TEST_CASE("a request whose body came in pieces leaves a connection that serves the next one") {
    fake::request_at_node start("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    auto& [one, rig, client, upstream] = start;
    rig.send(client, "def");
    CHECK(upstream.receive().find("\r\n\r\nabcdef") != std::string::npos);
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
    rig.send(client, fake::get);
    CHECK(upstream.receive().starts_with("GET /a "));
    CHECK_FALSE(one.accept());
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a connection the node closed while idle is replaced without the client noticing") {
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = one.accept();
    rig.send(first, fake::empty_answer);
    client.receive();
    first.receive();
    first.close();  // seen only when the next request is already on its way: the race of keep-alive
    client.send(fake::get);
    rig.loop.settle();
    auto second = one.accept();
    REQUIRE(second);
    rig.send(second, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("after bytes of a request went out only an idempotent one is sent again") {
    const bool idempotent = GENERATE(true, false);
    node one;
    node two;
    gateway_rig rig(settings_for({&one, &two}));
    auto client = rig.connect();
    rig.send(client, std::string(idempotent ? "PUT" : "POST") +
                         " /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    auto first = one.accept();
    auto other = two.accept();
    auto& tried = first ? first : other;
    auto& next = first ? two : one;
    REQUIRE(tried.receive().find("abc") != std::string::npos);
    tried.close();
    rig.loop.settle();
    auto again = next.accept();
    REQUIRE(static_cast<bool>(again) == idempotent);
    if (again) {
        CHECK(again.receive().find("abc") != std::string::npos);
        rig.send(again, fake::empty_answer);
    }
    CHECK(client.receive().starts_with(idempotent ? "HTTP/1.1 200" : "HTTP/1.1 502"));
}

TEST_CASE("time a node spent on the request before it broke is not taken from the next connect") {
    node one;
    node two;
    gateway_rig rig(settings_for({&one, &two}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = one.accept();
    auto other = two.accept();
    rig.loop.advance(30s);  // longer than 3 x connect
    auto& tried = first ? first : other;
    auto& next = first ? two : one;
    tried.receive();
    tried.close();
    rig.loop.settle(2);
    rig.loop.advance(fake::past);
    auto again = next.accept();
    REQUIRE(again);
    rig.send(again, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a node that refuses is passed over, and all of them refusing is a 502 at once") {
    node dead;
    node alive;
    dead.close();
    gateway_rig rig(settings_for({&dead, &alive}));
    for (int i = 0; i < 4; ++i) {
        auto client = rig.connect();
        rig.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
        auto upstream = alive.accept();
        REQUIRE(upstream);
        rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
    }
    alive.close();
    auto client = rig.connect();
    rig.send(client, fake::get);
    CHECK(client.receive().starts_with("HTTP/1.1 502"));
    CHECK(rig.stats(0).open == 0);
}

TEST_CASE(
    "a node that does not answer connects costs the connect time, all of them three times that") {
    std::optional<node> full[4];
    fake::socket fillers[8];
    auto settings = settings_for({});
    int filler = 0;
    for (auto& one : full) {
        one.emplace(0);
        settings.services[0].nodes.push_back({one->address(), 1});
        // one fills the queue of length 0, the next is dropped by the kernel
        for (int i = 0; i < 2; ++i) {
            auto& made = fillers[filler++];
            made = fake::socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            sockaddr_storage raw{};
            const auto size = one->address().to_sockaddr(raw);
            ::connect(made.fd(), reinterpret_cast<sockaddr*>(&raw), size);
        }
    }
    settings.services[0].retries.attempts = 3;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    rig.loop.advance(8900ms);
    CHECK(client.receive().empty());
    rig.loop.advance(150ms);
    CHECK(client.receive().starts_with("HTTP/1.1 502"));
}

TEST_CASE("a client that sent its end still gets its answer while the bytes move") {
    fake::request_at_node start(fake::get);
    auto& [one, rig, client, upstream] = start;
    client.shut_write();
    rig.loop.settle();
    rig.loop.advance(500ms);
    rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
        rig.send(upstream, "x");
        rig.loop.advance(300ms);
    }
    CHECK(client.receive().find("\r\n\r\n" + std::string(20, 'x')) != std::string::npos);
}

TEST_CASE("a client that sent its end and reads slowly is not cut while bytes wait for it") {
    node one;
    auto settings = settings_for({&one});
    settings.timeouts.min_rate = 0;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = one.accept();
    client.shut_write();
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    while (upstream.send(std::string(1 << 20, 'x')) != 0)
        rig.loop.settle();
    rig.loop.advance(20s);
    CHECK(rig.closed == 0);
    SECTION("it reads on") {
        CHECK(client.receive(1 << 16).size() >= 1 << 16);
        rig.loop.advance(1s);
        CHECK(rig.closed == 0);
    }
    SECTION("it takes nothing for the time every client has") {
        rig.loop.advance(10s + fake::past);
        CHECK(rig.closed == 1);
    }
}

TEST_CASE("a client that reads slower than the minimum rate is cut although it never stops") {
    const std::uint64_t least = GENERATE(1, 10'000'000);
    fake::request_at_node start(fake::get, [=](auto& all) { all.timeouts.min_rate = least; });
    auto& [one, rig, client, upstream] = start;
    const auto node_writes = [&] {
        while (upstream.send(std::string(1 << 20, 'x')) != 0)
            rig.loop.settle();
    };
    rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    node_writes();
    for (int i = 0; i < 4; ++i) {
        rig.loop.advance(10s);
        // enough for the kernel to say that there is room
        for (std::size_t got = 0; got < 8'000'000;)
            if (const auto piece = client.receive(1 << 20).size(); piece != 0)
                got += piece;
            else
                break;
        rig.loop.settle();
        if (rig.closed == 0)
            node_writes();
    }
    CHECK(rig.closed == (least == 1 ? 0 : 1));
}

TEST_CASE("a client that sent its end and gets nothing for the grace is taken for gone, and its "
          "node is told") {
    fake::request_at_node start(fake::get);
    auto& [one, rig, client, upstream] = start;
    client.shut_write();
    rig.loop.settle();
    rig.loop.advance(990ms);
    upstream.receive();
    CHECK_FALSE(upstream.at_end());
    rig.loop.advance(10ms + fake::past);
    upstream.receive();
    CHECK(upstream.at_end());
    CHECK(rig.closed == 1);
}

TEST_CASE("a route's total time answers 504 before the head and breaks the message after it") {
    node one;
    auto settings = settings_for({&one});
    settings.routes[0].timeout = 5s;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = one.accept();
    SECTION("before the head") {
        rig.loop.advance(5s + fake::past);
        CHECK(client.receive().starts_with("HTTP/1.1 504"));
    }
    SECTION("after the head, waiting for the node") {
        rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        rig.loop.advance(5s + fake::past);
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
        CHECK(client.at_end());
    }
    SECTION("after the head, waiting for a client that does not read") {
        upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        while (upstream.send(std::string(1 << 20, 'x')) != 0)
            rig.loop.settle();
        rig.loop.advance(5s + fake::past);
        CHECK(rig.closed == 1);
    }
    upstream.receive();
    CHECK(upstream.at_end());
}

TEST_CASE("an event stream outlives the route's total time and the idle time") {
    node one;
    auto settings = settings_for({&one});
    settings.routes[0].timeout = 5s;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = one.accept();
    rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    rig.loop.advance(10min);
    rig.send(upstream, "data: late\n\n");
    CHECK(client.receive().find("data: late") != std::string::npos);
    CHECK_FALSE(client.at_end());
}

TEST_CASE("an event stream is silent from its last small event on, not from its head") {
    node one;
    auto settings = settings_for({&one});
    settings.timeouts.stream_idle = 10s;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = one.accept();
    rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    for (int i = 0; i < 3; ++i) {
        rig.loop.advance(6s);
        rig.send(upstream, "data\n\n");
    }
    rig.loop.advance(9900ms);
    CHECK(rig.closed == 0);
    rig.loop.advance(100ms + fake::past);
    CHECK(rig.closed == 1);
}

TEST_CASE("a tunnel that is aborted lets go of both sides at once") {
    fake::request_at_node start(
        "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    auto& [one, rig, client, upstream] = start;
    rig.send(upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: "
                       "websocket\r\n\r\nhello");
    rig.send(client, "there");
    CHECK(upstream.receive().find("there") != std::string::npos);
    CHECK(client.receive().find("hello") != std::string::npos);
    rig.server->abort();
    rig.loop.settle();
    CHECK(rig.server->open() == 0);
    upstream.receive();
    CHECK(upstream.at_end());
}

TEST_CASE("a full pool lets requests wait in turn, up to the connect time") {
    node one;
    auto settings = settings_for({&one});
    settings.services[0].pool.max = 1;
    gateway_rig rig(settings);
    fake::socket clients[3];
    for (auto& client : clients) {
        client = rig.connect();
        rig.send(client, fake::get);
    }
    auto upstream = one.accept();
    CHECK_FALSE(one.accept());
    SECTION("served one after the other on the one connection") {
        for (auto& client : clients) {
            CHECK(upstream.receive().starts_with("GET"));
            rig.send(upstream, fake::empty_answer);
            CHECK(client.receive().starts_with("HTTP/1.1 200"));
        }
    }
    SECTION("the time is over") {
        rig.loop.advance(3s + fake::past);
        CHECK(clients[1].receive().starts_with("HTTP/1.1 503"));
        CHECK(clients[2].receive().starts_with("HTTP/1.1 503"));
    }
    SECTION("one that waits leaves in the moment its turn comes: the next one has it") {
        clients[1].reset();
        upstream.send(fake::empty_answer);
        rig.loop.settle();
        CHECK(clients[0].receive().starts_with("HTTP/1.1 200"));
        upstream.receive();
        rig.send(upstream, fake::empty_answer);
        CHECK(clients[2].receive().starts_with("HTTP/1.1 200"));
    }
}
