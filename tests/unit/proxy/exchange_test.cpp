// SPDX-License-Identifier: Apache-2.0
// What ends an exchange from outside its own flow, and when.
#include "fake/loop.hpp"
#include "fake/streams.hpp"
#include "proxy/exchange.hpp"
#include "upstream/node_pool.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::blame;
using sluice::errc;
using sluice::http::presence;

namespace {

struct fixture {
    fixture() {
        x.begin(head, client, {});
        x.upstream = &node;
    }
    ~fixture() {
        if (x.client != nullptr)
            x.end();
    }
    bool stopped_with(errc code, blame who) const {
        return x.stopped() && x.stop_reason().code == code && x.stop_reason().who == who;
    }

    fake::loop loop;
    fake::client_side client{loop.worker};
    fake::node_side node{loop.worker};
    sluice::http::request_head head;
    sluice::proxy::exchange x{loop.worker};
};

}  // namespace

TEST_CASE_METHOD(fixture,
                 "the first reason to stop stays, and every stop ends the wait for a node") {
    x.stop(errc::upstream_timeout, blame::upstream);
    x.stop(errc::client_gone, blame::client);
    CHECK(stopped_with(errc::upstream_timeout, blame::upstream));
    CHECK(node.interrupted == 2);
}

TEST_CASE_METHOD(fixture, "a stop ends the wait for a client's reading only once the head is out") {
    x.stop(errc::upstream_timeout, blame::upstream);
    CHECK(client.outputs_ended == 0);
    x.response_begun = true;
    x.stop(errc::upstream_timeout, blame::upstream);
    CHECK(client.outputs_ended == 1);
}

TEST_CASE_METHOD(fixture,
                 "a client that is gone stops the exchange for the reason its stream gives") {
    client.reason = errc::shutting_down;
    client.becomes(presence::gone);
    CHECK(stopped_with(errc::shutting_down, blame::client));
}

TEST_CASE_METHOD(fixture, "a client that was gone before its request began stops it at once") {
    x.end();
    client.place = presence::gone;
    x.begin(head, client, {});
    CHECK(stopped_with(errc::client_gone, blame::client));
}

TEST_CASE_METHOD(fixture, "a half-closed client is gone a second after the last piece passed on") {
    client.becomes(presence::half_closed);
    loop.advance(900ms);
    x.last_activity = loop.worker.now();
    loop.advance(990ms);
    CHECK_FALSE(x.stopped());
    loop.advance(10ms + fake::past);
    CHECK(stopped_with(errc::client_gone, blame::client));
}

TEST_CASE_METHOD(fixture, "what moved before a client's end does not shorten its second") {
    x.last_activity = loop.worker.now();
    loop.advance(10s);
    client.becomes(presence::half_closed);
    loop.advance(990ms);
    CHECK_FALSE(x.stopped());
    loop.advance(10ms + fake::past);
    CHECK(x.stopped());
}

TEST_CASE_METHOD(fixture,
                 "a half-closed client is not gone while bytes of either side are on their "
                 "way") {
    auto& on_its_way = GENERATE(true, false) ? client.taken : node.taken;
    on_its_way = false;
    client.becomes(presence::half_closed);
    for (int second = 0; second < 60; ++second)
        loop.advance(1s);
    CHECK_FALSE(x.stopped());
    on_its_way = true;
    loop.advance(900ms);
    CHECK_FALSE(x.stopped());
    loop.advance(350ms + fake::past);
    CHECK(stopped_with(errc::client_gone, blame::client));
}

TEST_CASE_METHOD(fixture, "a client's end before or in a tunnel is no reason to stop it") {
    SECTION("before") {
        client.becomes(presence::half_closed);
        x.tunnel = true;
    }
    SECTION("in it") {
        x.tunnel = true;
        client.becomes(presence::half_closed);
    }
    loop.advance(1h);
    CHECK_FALSE(x.stopped());
}

TEST_CASE_METHOD(fixture, "a tunnel whose half ended is over ten seconds later, on both sides") {
    x.tunnel = x.response_begun = true;
    x.half_ended();
    loop.advance(9990ms);
    CHECK_FALSE(x.tunnel_over());
    CHECK_FALSE(x.stopped());
    loop.advance(10ms + fake::past);
    CHECK(x.tunnel_over());
    CHECK(x.stopped());
    CHECK(node.interrupted == 1);
    CHECK(client.inputs_ended == 1);
    CHECK(client.outputs_ended == 1);
}

TEST_CASE_METHOD(fixture, "a tunnel that was stopped before is not over by itself") {
    x.tunnel = x.response_begun = true;
    x.half_ended();
    client.becomes(presence::gone);
    loop.advance(10s + fake::past);
    CHECK_FALSE(x.tunnel_over());
    CHECK(stopped_with(errc::client_gone, blame::client));
}

TEST_CASE_METHOD(fixture, "the total time stops an exchange and blames its node") {
    x.arm_total(5s);
    loop.advance(4990ms);
    CHECK_FALSE(x.stopped());
    loop.advance(10ms + fake::past);
    CHECK(stopped_with(errc::upstream_timeout, blame::upstream));
}

TEST_CASE_METHOD(fixture, "the total time does not hold for streams") {
    x.arm_total(5s);
    x.streams = true;
    loop.advance(1h);
    CHECK_FALSE(x.stopped());
}

TEST_CASE_METHOD(fixture, "the total time blames no node whose pool had no room yet") {
    sluice::upstream::node_pool pool(loop.worker, *sluice::net::address::parse("127.0.0.1:1"), {},
                                     std::make_shared<sluice::service::node_stats>(1U));
    sluice::upstream::slot_wait queued(pool, loop.worker.now() + 1h);
    x.upstream = nullptr;
    x.queued = &queued;
    x.arm_total(5s);
    loop.advance(5s + fake::past);
    CHECK(stopped_with(errc::upstream_timeout, blame::gateway));
    x.queued = nullptr;
}

TEST_CASE_METHOD(fixture, "nothing of one request is left for the next") {
    x.arm_total(5s);
    client.becomes(presence::half_closed);
    x.half_ended();
    x.stop(errc::client_gone, blame::client);
    x.status = 499;
    x.error = errc::client_gone;
    x.remember_tried(1);
    x.end();
    CHECK(client.told == nullptr);
    client.place = presence::here;
    x.begin(head, client, {});
    loop.advance(1h);
    CHECK_FALSE(x.stopped());
    CHECK_FALSE(x.tunnel_over());
    CHECK(x.status == 0);
    CHECK_FALSE(x.error);
    CHECK(x.tried().empty());
}

TEST_CASE_METHOD(fixture, "no more nodes are remembered than there is room for") {
    for (std::size_t at = 0; x.can_try_more(); ++at)
        x.remember_tried(at);
    const auto most = x.tried().size();
    x.remember_tried(99);
    CHECK(x.tried().size() == most);
    CHECK(x.tried().back() == most - 1);
}

TEST_CASE_METHOD(fixture, "waits for nodes add up") {
    x.upstream_wait_begins();
    loop.advance(2s);
    x.upstream_wait_ends();
    loop.advance(5s);
    x.upstream_wait_begins();
    loop.advance(1s);
    x.upstream_wait_ends();
    CHECK(x.upstream_wait == 3s);
}
