// SPDX-License-Identifier: Apache-2.0
#include "fake/h2_node.hpp"
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "upstream/node_pool.hpp"

#include <catch2/catch.hpp>

#include <list>
#include <optional>
#include <vector>

using namespace std::chrono_literals;
using sluice::runtime::spawn;
using sluice::runtime::task;
using sluice::runtime::wake;
using sluice::upstream::connection;
using sluice::upstream::node_pool;
using sluice::upstream::slot_wait;

namespace {

task<> queue_up(slot_wait& place, std::optional<wake>& why) { why = co_await place; }

sluice::service::pool_settings small_pool() {
    sluice::service::pool_settings settings;
    settings.idle = 3;
    settings.max = 4;
    settings.idle_timeout = 10s;
    return settings;
}

struct fixture {
    fake::loop loop;
    std::shared_ptr<sluice::service::node_stats> stats =
        std::make_shared<sluice::service::node_stats>(1);
    node_pool pool{loop.worker, *sluice::net::address::parse("10.0.0.1:80"), small_pool(), stats};
    sluice::http::limits bounds;
    std::vector<fake::socket> nodes;

    /// A connection that has served one request and may serve another. nodes.back() is its far end.
    connection used() {
        REQUIRE(pool.reserve());
        fake::socket_pair pair;
        auto connected =
            pool.adopt(std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()));
        nodes.push_back(std::move(pair.theirs));
        serve(connected, nodes.back());
        return connected;
    }
    void serve(connection& on, fake::socket& node) {
        sluice::http::request_head head;
        head.method_name = "GET";
        sluice::http::outgoing_request request;
        request.head = &head;
        request.path = "/";
        request.authority = "h";
        on.begin(sluice::http::method::get, bounds);
        on->put_head(request);
        loop.settle();
        REQUIRE(on->flush() == sluice::http::io_state::done);
        node.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        loop.settle();
        sluice::http::response_head response;
        REQUIRE(on->take_head(response) == sluice::http::io_state::done);
        sluice::http::chunk piece;
        REQUIRE(on->take_body(piece) == sluice::http::io_state::done);
        REQUIRE(piece.last);
        node.receive();
    }
    std::size_t idle() const { return static_cast<std::size_t>(stats->read().idle); }
};

}  // namespace

TEST_CASE_METHOD(fixture, "the newest idle connection is taken first") {
    auto first = used();
    auto second = used();
    auto* newest = second.get();
    pool.give_back(std::move(first));
    pool.give_back(std::move(second));
    CHECK(idle() == 2);
    auto taken = pool.take();
    CHECK(taken.get() == newest);
    serve(taken, nodes[1]);
    pool.give_back(std::move(taken));
    CHECK(pool.open() == 2);
}

TEST_CASE_METHOD(fixture,
                 "a connection the node closed or spoke on while idle is dropped, not handed out") {
    const bool spoke = GENERATE(true, false);
    pool.give_back(used());
    if (spoke)
        nodes[0].send("HTTP/1.1 408 Request Timeout\r\n\r\n");
    else
        nodes[0].close();
    loop.settle();
    CHECK_FALSE(pool.take());
    CHECK(pool.open() == 0);
}

TEST_CASE_METHOD(fixture, "a connection whose exchange did not end cleanly is closed") {
    auto one = used();
    const auto how = GENERATE(0, 1, 2);
    if (how == 0)
        one->poison();
    if (how == 1)
        one.begin(sluice::http::method::get, bounds);  // a request that got no answer
    if (how == 2) {
        nodes[0].send("junk behind the answer");
        loop.settle();
    }
    pool.give_back(std::move(one));
    CHECK(pool.open() == 0);
    nodes[0].receive();
    CHECK(nodes[0].at_end());
}

TEST_CASE_METHOD(fixture, "no more are open than allowed, no more kept idle than allowed") {
    std::vector<connection> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(used());
    CHECK_FALSE(pool.reserve());
    for (auto& one : all)
        pool.give_back(std::move(one));
    CHECK(pool.open() == 3);
    CHECK(idle() == 3);
    CHECK(pool.reserve());
    pool.release();
}

TEST_CASE_METHOD(fixture, "who waits for room is served in order, each place once") {
    std::vector<connection> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(used());
    const auto by = loop.worker.now() + 3s;
    slot_wait first(pool, by);
    slot_wait second(pool, by);
    std::optional<wake> woken[2];
    spawn(queue_up(first, woken[0]));
    spawn(queue_up(second, woken[1]));
    CHECK_FALSE(pool.unused());
    pool.give_back(std::move(all[0]));
    loop.settle();
    CHECK(woken[0] == wake::ready);
    CHECK_FALSE(woken[1]);
    SECTION("a closed connection makes room too") {
        all[1]->poison();
        pool.give_back(std::move(all[1]));
        loop.settle();
        CHECK(woken[1] == wake::ready);
    }
    SECTION("the time is over") {
        loop.advance(3s + fake::past);
        CHECK(woken[1] == wake::expired);
    }
    SECTION("somebody stops the exchange") {
        second.interrupt();
        loop.settle();
        CHECK(woken[1] == wake::interrupted);
        second.interrupt();  // nothing left to end
    }
    SECTION("the one whose turn it was does not want it") {
        pool.wake_next();
        loop.settle();
        CHECK(woken[1] == wake::ready);
    }
    for (auto& one : all)
        if (one)
            pool.give_back(std::move(one));
}

TEST_CASE_METHOD(fixture, "a place in the queue that goes away is passed over") {
    std::vector<connection> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(used());
    std::optional<wake> woken;
    slot_wait stays(pool, loop.worker.now() + 3s);
    {
        slot_wait leaves(pool, loop.worker.now() + 3s);
        std::optional<wake> never;
        spawn(queue_up(leaves, never));
        leaves.interrupt();
        loop.settle();
    }
    spawn(queue_up(stays, woken));
    pool.give_back(std::move(all[0]));
    loop.settle();
    CHECK(woken == wake::ready);
    for (auto& one : all)
        if (one)
            pool.give_back(std::move(one));
}

TEST_CASE_METHOD(
    fixture,
    "idle connections are closed after their time, and within a second when the node closed them") {
    pool.give_back(used());
    loop.advance(5s);
    pool.give_back(used());
    CHECK(pool.open() == 2);
    loop.advance(5500ms);
    loop.advance(1s);
    CHECK(pool.open() == 1);
    nodes[0].receive();
    CHECK(nodes[0].at_end());
    nodes[1].close();
    loop.advance(1s + fake::past);
    CHECK(pool.open() == 0);
    CHECK(pool.unused());
}

TEST_CASE_METHOD(fixture, "who waits hears of the room a closed idle connection leaves") {
    std::vector<connection> leased;
    for (int i = 0; i < 4; ++i)
        leased.push_back(used());
    pool.give_back(std::move(leased[0]));
    slot_wait place(pool, loop.worker.now() + 30s);  // in need of a fresh one, say
    std::optional<wake> why;
    spawn(queue_up(place, why));
    SECTION("by the node") { nodes[0].close(); }
    SECTION("by its age") { loop.advance(small_pool().idle_timeout); }
    loop.settle();
    CHECK_FALSE(why);
    loop.advance(1s + fake::past);
    CHECK(pool.open() == 3);
    CHECK(why == wake::ready);
    for (auto& one : leased)
        if (one)
            pool.give_back(std::move(one));
}

TEST_CASE_METHOD(fixture, "draining closes what is idle and what comes back") {
    auto leased = used();
    pool.give_back(used());
    pool.drain();
    CHECK(pool.open() == 1);
    pool.give_back(std::move(leased));
    CHECK(pool.open() == 0);
}

TEST_CASE_METHOD(fixture, "shedding closes idle connections alone and says how many") {
    auto leased = used();
    pool.give_back(used());
    pool.give_back(used());
    CHECK(pool.shed_idle() == 2);
    CHECK(pool.shed_idle() == 0);
    CHECK(pool.open() == 1);
    CHECK(stats->read().open == 1);
    pool.give_back(std::move(leased));
    CHECK(idle() == 1);
}

TEST_CASE_METHOD(fixture, "other bounds close what is idle beyond them and let in who waits") {
    auto one = used(), two = used(), three = used(), four = used();
    slot_wait place(pool, loop.worker.now() + 1s);
    std::optional<wake> why;
    spawn(queue_up(place, why));
    auto changed = small_pool();
    changed.max = 5;
    pool.configure(changed);
    loop.settle();
    CHECK(why == wake::ready);
    CHECK(pool.reserve());
    pool.release();
    pool.give_back(std::move(one));
    pool.give_back(std::move(two));
    pool.give_back(std::move(three));
    changed.idle = 1;
    pool.configure(changed);
    CHECK(stats->sum().idle == 1);
    CHECK(pool.open() == 2);
    pool.give_back(std::move(four));
    CHECK(pool.open() == 1);
}

TEST_CASE_METHOD(fixture, "two pools of one node tell of their connections together") {
    auto mine = used();
    {
        node_pool other{loop.worker, pool.where(), small_pool(), stats};
        REQUIRE(other.reserve());
        fake::socket_pair pair;
        auto theirs =
            other.adopt(std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()));
        CHECK(stats->sum().open == 2);
        other.give_back(std::move(theirs));
        CHECK(stats->sum().open == 1);
    }
    CHECK(stats->sum().open == 1);
    pool.give_back(std::move(mine));
    CHECK(stats->sum().idle == 1);
}

namespace {

// A pool of a node that speaks HTTP/2, and the node's ends of its connections.
struct shared_fixture {
    shared_fixture() { REQUIRE(pool.reserve()); }
    ~shared_fixture() {
        pool.drain();
        loop.settle();
    }
    static sluice::upstream::transport way() {
        sluice::upstream::transport made(*sluice::net::address::parse("10.0.0.1:80"));
        made.speaks = sluice::service::node_protocol::http2;
        return made;
    }
    /// The connection a place was reserved for, and its first stream.
    connection made() {
        fake::socket_pair pair;
        auto one =
            pool.adopt(std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()));
        ends.emplace_back(std::move(pair.theirs), fake::h2_node::terms{.streams = 2});
        settle();
        return one;
    }
    void settle() {
        for (int i = 0; i < 3; ++i) {
            loop.settle(3);
            for (auto& one : ends)
                one.turn();
        }
        loop.settle(3);
    }
    sluice::service::node_stats::reading counts() const { return stats->read(); }

    fake::loop loop;
    std::shared_ptr<sluice::service::node_stats> stats =
        std::make_shared<sluice::service::node_stats>(1);
    node_pool pool{loop.worker, way(), small_pool(), stats};
    std::list<fake::h2_node> ends;
};

}  // namespace

TEST_CASE_METHOD(shared_fixture, "a shared connection serves as many as its node allows") {
    auto first = made();
    auto second = pool.take();
    REQUIRE(second);
    CHECK_FALSE(pool.take());
    CHECK(pool.open() == 1);
    CHECK(counts().idle == 0);
    pool.give_back(std::move(first));
    CHECK(counts().idle == 0);
    pool.give_back(std::move(second));
    CHECK(counts().idle == 1);
    CHECK(counts().open == 1);
}

TEST_CASE_METHOD(shared_fixture, "nobody dials while a connection for all is on its way") {
    CHECK(pool.is_shared_soon());
    CHECK_FALSE(pool.reserve());
    const auto by = loop.worker.now() + 3s;
    slot_wait one(pool, by), two(pool, by), three(pool, by);
    std::optional<wake> woken[3];
    spawn(queue_up(one, woken[0]));
    spawn(queue_up(two, woken[1]));
    spawn(queue_up(three, woken[2]));
    SECTION("it stands") {
        auto first = made();
        CHECK(woken[0] == wake::ready);
        CHECK_FALSE(one.failed());
        auto second = pool.take();
        REQUIRE(second);
        CHECK_FALSE(pool.take());
        CHECK(pool.reserve());  // full: another one
        pool.release();
        pool.give_back(std::move(first));
        pool.give_back(std::move(second));
    }
    SECTION("it fails") {
        pool.release({sluice::errc::connect_failed, sluice::blame::upstream});
        loop.settle();
        for (const auto* each : {&one, &two, &three}) {
            REQUIRE(each->failed());
            CHECK(each->failed()->code == sluice::errc::connect_failed);
        }
        CHECK(pool.unused());
    }
    SECTION("who made it gives up: the next in the queue makes one") {
        pool.release();
        loop.settle();
        CHECK(woken[0] == wake::ready);
        CHECK_FALSE(one.failed());
        CHECK_FALSE(woken[1]);
        CHECK(pool.reserve());
        pool.release();
    }
    one.interrupt();
    two.interrupt();
    three.interrupt();
    loop.settle();
}

TEST_CASE_METHOD(shared_fixture, "unused shared connections are shed, used ones stay") {
    auto held = made();
    CHECK(pool.shed_idle() == 0);
    pool.give_back(std::move(held));
    CHECK(pool.shed_idle() == 1);
    CHECK(pool.open() == 0);
    CHECK(counts().open == 0);
    settle();
    CHECK(ends.front().at_end());
}

TEST_CASE_METHOD(shared_fixture, "no more shared connections are kept unused than allowed") {
    auto first = made();
    auto second = pool.take();
    REQUIRE(pool.reserve());
    auto third = made();
    auto fewer = small_pool();
    fewer.idle = 1;
    pool.configure(fewer);
    CHECK(pool.open() == 2);
    pool.give_back(std::move(first));
    pool.give_back(std::move(second));
    CHECK(pool.open() == 2);
    pool.give_back(std::move(third));
    CHECK(pool.open() == 1);
    CHECK(counts().idle == 1);
}

TEST_CASE_METHOD(shared_fixture, "a connection its node lets go is left when it is no more used") {
    auto held = made();
    ends.front().goaway(0x7fffffff);
    settle();
    CHECK_FALSE(pool.take());
    CHECK(pool.open() == 1);
    CHECK(pool.reserve());
    pool.release();
    pool.give_back(std::move(held));
    CHECK(pool.open() == 0);
}

TEST_CASE_METHOD(shared_fixture, "who was let down gets no connection of before") {
    auto held = made();
    loop.advance(1ms);
    CHECK_FALSE(pool.take_made_since(loop.worker.now()));
    auto same = pool.take_made_since(loop.worker.now() - 1ms);
    CHECK(same);
    pool.give_back(std::move(same));
    pool.give_back(std::move(held));
}

TEST_CASE_METHOD(shared_fixture, "a pool that drains lets used connections end their work") {
    auto held = made();
    pool.drain();
    CHECK(pool.open() == 1);
    pool.give_back(std::move(held));
    CHECK(pool.open() == 0);
}

TEST_CASE_METHOD(shared_fixture, "a dial that fails is no news to who has another to wait for") {
    auto first = made();
    auto second = pool.take();  // all that its node allows
    REQUIRE(pool.reserve());
    slot_wait one(pool, loop.worker.now() + 3s);
    std::optional<wake> woken;
    spawn(queue_up(one, woken));
    pool.release({sluice::errc::connect_failed, sluice::blame::upstream});
    loop.settle();
    CHECK(woken == wake::ready);  // to make one itself
    CHECK_FALSE(one.failed());
    pool.give_back(std::move(first));
    pool.give_back(std::move(second));
}

TEST_CASE_METHOD(shared_fixture, "a dial cut short is no news to who would have tried for longer") {
    slot_wait hasty(pool, loop.worker.now() + 9s, 1s), patient(pool, loop.worker.now() + 9s, 3s);
    std::optional<wake> woken[2];
    spawn(queue_up(hasty, woken[0]));
    spawn(queue_up(patient, woken[1]));
    pool.release({sluice::errc::connect_failed, sluice::blame::upstream}, 1s);
    loop.settle();
    CHECK(hasty.failed());
    CHECK(woken[1] == wake::ready);  // to make one itself
    CHECK_FALSE(patient.failed());
}
