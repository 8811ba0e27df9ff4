// SPDX-License-Identifier: Apache-2.0
// What requests of an HTTP/2 client cost in calls: one read brings all of them, one write takes all
// their answers, and the nodes' sides cost what they cost HTTP/1 clients.
#include "budget/calls.hpp"
#include "fake/gateway_rig.hpp"
#include "fake/h2_client.hpp"

#include <catch2/catch.hpp>

#include <vector>

using budget::calls;
using budget::counted;
using budget::counting;

namespace {

constexpr unsigned streams = 32;

// The nodes and the client are the test's and are not counted.
class many_streams {
public:
    many_streams() {
        ask();
        rig_.loop.settle();
        for (unsigned i = 0; i < streams; ++i)
            nodes_.push_back(node_.accept());
        answer();
        client_.exchange(rig_.loop);
    }

    /// All requests at once, up to the nodes.
    calls requests() {
        ask();
        return turn();
    }
    /// All answers at once, up to the client.
    calls answers() {
        answer();
        const auto cost = turn();
        client_.receive();
        for (const auto id : ids_)
            REQUIRE(client_.at(id).body == "hello");
        client_.exchange(rig_.loop);
        return cost;
    }

private:
    sluice::app::settings settings() const {
        auto all = fake::settings_for({&node_});
        all.listeners.emplace_back().protocols = {sluice::http::client_protocol::h2c};
        return all;
    }
    void ask() {
        ids_.clear();
        for (unsigned i = 0; i < streams; ++i)
            ids_.push_back(client_.ask(fake::h2_get("/a")));
        client_.send();
    }
    void answer() {
        for (auto& one : nodes_) {
            REQUIRE_FALSE(one.receive().empty());
            one.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        }
    }
    calls turn() {
        counted = {};
        counting = true;
        rig_.loop.worker.turn(rig_.loop.worker.now());
        counting = false;
        return counted;
    }

    fake::node node_{streams};
    fake::gateway_rig rig_{settings()};
    fake::h2_client client_{rig_.connect()};
    std::vector<std::int32_t> ids_;
    std::vector<fake::socket> nodes_;
};

}  // namespace

TEST_CASE("requests of many streams cost one read, their answers one write") {
    many_streams connection;
    for (int i = 0; i < 5; ++i) {
        connection.requests();
        connection.answers();
    }
    for (int i = 0; i < 20; ++i) {
        const auto asked = connection.requests();
        REQUIRE(asked.io == 1 + streams);
        REQUIRE(asked.refused == 0);
        REQUIRE(asked.other == 0);
        const auto answered = connection.answers();
        REQUIRE(answered.io == streams + 1);
        REQUIRE(answered.refused == 0);
        REQUIRE(answered.other == 0);
    }
}
