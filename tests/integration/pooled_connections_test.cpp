// SPDX-License-Identifier: Apache-2.0
// The race of keep-alive: a node closes a pooled connection in the moment a request is given to it.
// Which requests are sent again, and on what.
#include "fake/gateway_rig.hpp"

#include <catch2/catch.hpp>

using fake::gateway_rig;
using fake::node;
using fake::settings_for;

namespace {

constexpr std::string_view post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";

// What `happens` does is seen by no event of the turn in which those before it are handled.
template <class Happening>
void in_that_turn(gateway_rig& rig, Happening happens) {
    rig.loop.worker.post(std::move(happens));
    rig.loop.settle();
}

}  // namespace

TEST_CASE("a request that waited for the place of a full pool counts what it got as pooled") {
    node one;
    auto settings = settings_for({&one});
    settings.services[0].pool.max = 1;
    settings.services[0].retries.attempts = 0;  // another connection for a pooled one is no retry
    gateway_rig rig(settings);
    auto served = rig.connect();
    auto waiting = rig.connect();
    rig.send(served, fake::get);
    rig.send(waiting, fake::get);
    auto upstream = one.accept();
    REQUIRE(upstream);
    upstream.receive();
    upstream.send(fake::empty_answer);
    SECTION("closed by the node in that moment: a fresh one takes its place") {
        in_that_turn(rig, [&] { upstream.close(); });
        upstream = one.accept();
        REQUIRE(upstream);
    }
    SECTION("still good: it serves") {
        rig.loop.settle();
        CHECK_FALSE(one.accept());
    }
    CHECK(served.receive().starts_with("HTTP/1.1 200"));
    CHECK(upstream.receive().starts_with("GET /a "));
    rig.send(upstream, fake::empty_answer);
    CHECK(waiting.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a POST is sent again only when the pooled connection took not one byte of it") {
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = one.accept();
    first.receive();
    rig.send(first, fake::empty_answer);
    client.receive();
    SECTION("the write failed at once") {
        const bool whole = GENERATE(true, false);
        client.send(whole ? post : post.substr(0, post.size() - 1));
        in_that_turn(rig, [&] { first.reset(); });
        auto second = one.accept();
        REQUIRE(second);
        if (!whole)
            rig.send(client, post.substr(post.size() - 1));
        const auto got = second.receive();
        CHECK(got.starts_with("POST /a "));
        CHECK(got.find("\r\n\r\nabc") == got.size() - 7);
        rig.send(second, fake::empty_answer);
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
    }
    SECTION("it went out and met a closed door") {
        client.send(post);
        in_that_turn(rig, [&] { first.close(); });
        CHECK_FALSE(one.accept());
        CHECK(client.receive().starts_with("HTTP/1.1 502"));
    }
}

TEST_CASE("who needs a fresh connection closes idle ones when the pool has no room for another") {
    node one;
    auto settings = settings_for({&one});
    settings.services[0].pool = {.idle = 1, .max = 3};
    gateway_rig rig(settings);
    fake::socket clients[4], upstream[4];
    for (int i = 0; i < 3; ++i) {
        clients[i] = rig.connect();
        if (i == 0) {  // leaves an idle connection
            rig.send(clients[0], fake::get);
            upstream[0] = one.accept();
            rig.send(upstream[0], fake::empty_answer);
            clients[0].receive();
        }
        rig.send(clients[i], fake::get);
        if (i != 0)
            upstream[i] = one.accept();
        REQUIRE(upstream[i]);
    }
    settings.services[0].pool.max = 1;
    rig.change(settings);
    upstream[0].close();  // the first request needs a fresh connection, and there is no room
    rig.loop.settle();
    clients[3] = rig.connect();
    rig.send(clients[3], fake::get);  // waits behind it
    CHECK_FALSE(one.accept());
    rig.send(upstream[1], fake::empty_answer);  // comes to rest
    CHECK_FALSE(one.accept());
    rig.send(upstream[2], fake::empty_answer);
    auto fresh = one.accept();
    REQUIRE(fresh);
    for (const int i : {0, 3}) {
        CHECK(fresh.receive().starts_with("GET /a "));
        rig.send(fresh, fake::empty_answer);
        CHECK(clients[i].receive().starts_with("HTTP/1.1 200"));
    }
    for (const int i : {1, 2})
        CHECK(clients[i].receive().starts_with("HTTP/1.1 200"));
}
