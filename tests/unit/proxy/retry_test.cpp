// SPDX-License-Identifier: Apache-2.0
// The contract's paragraph below its table of answers, row by row.
#include "app/build_table.hpp"
#include "fake/loop.hpp"
#include "proxy/retry.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace std::chrono_literals;
using sluice::blame;
using sluice::errc;
using sluice::failure;
using sluice::retry_hint;
using sluice::http::method;
using sluice::proxy::exchange;
using sluice::proxy::tries;

namespace {

constexpr failure connect_failure{errc::connect_failed, blame::upstream, retry_hint::always,
                                  "connect"};
constexpr failure closed_unanswered{errc::upstream_closed, blame::upstream, retry_hint::if_reused,
                                    "response head"};
constexpr failure closed_answering{errc::upstream_closed, blame::upstream, retry_hint::never,
                                   "response head"};
constexpr failure not_secured{errc::tls_failed, blame::upstream, retry_hint::always, "tls"};
constexpr failure refused_late{errc::tls_failed, blame::upstream, retry_hint::if_reused,
                               "response head"};
constexpr failure not_looked_at{errc::upstream_closed, blame::upstream, retry_hint::unprocessed,
                                "stream refused"};
constexpr failure timed_out{errc::upstream_timeout, blame::upstream, retry_hint::never,
                            "response head"};

struct fixture {
    explicit fixture(unsigned nodes = 3, unsigned attempts = 2, unsigned budget = 20) {
        sluice::app::settings settings;
        sluice::service::service_settings service;
        service.name = "s";
        for (unsigned port = 1; port <= nodes; ++port)
            service.nodes.push_back(
                {*sluice::net::address::parse("10.0.0.1:" + std::to_string(port)), 1});
        service.retries = {attempts, budget};
        settings.services.push_back(service);
        sluice::proxy::route_settings route;
        route.services.push_back({"s", 1});
        settings.routes.push_back(route);
        table = sluice::app::build_table(settings, 1, 1);
        view.emplace(loop.worker, table, nobody);
        x.target = &(*table->routes)[0]->targets[0];
        x.service = table->services[0].get();
        x.request = &head;
    }
    ~fixture() { x.request = nullptr; }

    sluice::proxy::worker_service& mine() { return view->of(0); }
    std::string node_of(sluice::upstream::node_pool* pool) {
        return pool == nullptr ? "none" : pool->where().target.to_string().substr(9);
    }

    fake::loop loop;
    std::shared_ptr<const sluice::proxy::table> table;
    sluice::proxy::worker_view::on_retired nobody;
    std::optional<sluice::proxy::worker_view> view;
    sluice::http::request_head head;
    exchange x{loop.worker};
};

}  // namespace

TEST_CASE("after bytes went out the method, the connection and the copy of the body decide") {
    struct row {
        const char* what;
        method verb;
        bool reused;
        bool sent;
        bool body_kept;
        failure why;
        bool again;
        bool same_node;
    };
    const auto one = GENERATE(
        row{"idempotent, pooled connection closed", method::get, true, true, true,
            closed_unanswered, true, true},
        row{"idempotent, new connection closed", method::get, false, true, true, closed_unanswered,
            true, false},
        row{"not idempotent, pooled connection closed", method::post, true, true, true,
            closed_unanswered, false, false},
        row{"not idempotent, new connection closed", method::post, false, true, true,
            closed_unanswered, false, false},
        row{"not idempotent, nothing went out", method::post, true, false, true, closed_unanswered,
            true, true},
        row{"unknown method", method::other, true, true, true, closed_unanswered, false, false},
        row{"body too long to keep", method::put, true, true, false, closed_unanswered, false,
            false},
        row{"the answer had begun", method::get, true, true, true, closed_answering, false, false},
        row{"refused by TLS after the handshake, idempotent", method::get, false, true, true,
            refused_late, true, false},
        row{"refused by TLS after the handshake, not idempotent", method::post, false, true, true,
            refused_late, false, false},
        row{"too slow to answer", method::get, true, true, true, timed_out, false, false});
    INFO(one.what);
    fixture f;
    f.head.verb = one.verb;
    if (one.body_kept)
        f.x.replay.begin();
    else
        f.x.replay.keep({"gone"});
    tries left(f.x, f.mine());
    const auto first = f.node_of(left.next_node());
    if (one.reused)
        left.leased_from_pool();
    if (one.sent)
        left.bytes_went_out();
    REQUIRE(left.again(one.why) == one.again);
    if (one.again) {
        CHECK(left.fresh() == one.same_node);
        CHECK((f.node_of(left.next_node()) == first) == one.same_node);
        CHECK(f.x.attempts == 2);
    }
}

TEST_CASE("nothing is tried again once the response head went out or the exchange was stopped") {
    fixture f;
    tries left(f.x, f.mine());
    left.next_node();
    SECTION("the head went out") {
        f.x.response_begun = true;
        CHECK_FALSE(left.again(closed_unanswered));
        CHECK_FALSE(left.again(connect_failure));
        f.x.response_begun = false;
    }
    SECTION("stopped") {
        f.x.stop(errc::client_gone, blame::client);
        CHECK_FALSE(left.again(connect_failure));
    }
}

TEST_CASE(
    "connect failures go round the nodes not tried yet, up to the attempts, outside the budget") {
    fixture f(5, 2, 0);  // no budget at all
    tries left(f.x, f.mine());
    const auto why = GENERATE(connect_failure, not_secured);
    std::string order = f.node_of(left.next_node());
    while (left.again(why))
        order += f.node_of(left.next_node());
    CHECK(order == "123");
    CHECK(left.nothing_left().code == why.code);
}

TEST_CASE("with fewer nodes than attempts every node is tried once") {
    fixture f(2, 5);
    tries left(f.x, f.mine());
    left.next_node();
    REQUIRE(left.again(connect_failure));
    left.next_node();
    REQUIRE(left.again(connect_failure));
    CHECK(left.next_node() == nullptr);
    CHECK(left.nothing_left().code == errc::connect_failed);
}

TEST_CASE("a service without a node has nothing to try") {
    fixture f(0);
    tries left(f.x, f.mine());
    CHECK(left.next_node() == nullptr);
    CHECK(left.nothing_left().code == errc::no_healthy_node);
}

TEST_CASE("connects share three times the connect time, and a node that held the request does not "
          "use it up") {
    fixture f(5, 4);
    const auto start = f.loop.worker.now();
    tries left(f.x, f.mine());
    left.next_node();
    CHECK(left.connect_deadline() == start + 9s);
    f.loop.advance(8s);
    REQUIRE(left.again(connect_failure));
    CHECK(left.connect_deadline() == start + 9s);
    left.next_node();
    SECTION("the time is over") {
        f.loop.advance(1s);
        CHECK_FALSE(left.again(connect_failure));
    }
    SECTION("another kind of failure begins anew") {
        f.loop.advance(30s);
        REQUIRE(left.again(closed_unanswered));
        CHECK(left.connect_deadline() == f.loop.worker.now() + 9s);
    }
}

TEST_CASE("a stale connection is replaced once for nothing, then attempts and budget count") {
    fixture f(5, 1, 20);
    tries left(f.x, f.mine());
    left.next_node();
    left.leased_from_pool();
    REQUIRE(left.again(closed_unanswered));  // the pooled connection
    CHECK(left.fresh());
    left.next_node();
    REQUIRE(left.again(closed_unanswered));  // the one attempt there is
    CHECK_FALSE(left.fresh());
    left.next_node();
    CHECK_FALSE(left.again(closed_unanswered));
}

TEST_CASE("an exhausted budget ends retries but not the replacing of stale connections") {
    fixture f(3, 2, 20);
    while (f.mine().budget.spend()) {
    }
    tries left(f.x, f.mine());
    left.next_node();
    left.leased_from_pool();
    CHECK(left.again(closed_unanswered));
    left.next_node();
    CHECK_FALSE(left.again(closed_unanswered));
}

TEST_CASE("what a node did not look at goes to it once more, whatever the method, then elsewhere") {
    fixture f(3, 1);
    f.head.verb = method::post;
    f.x.replay.begin();
    tries left(f.x, f.mine());
    const auto first = f.node_of(left.next_node());
    left.bytes_went_out();
    REQUIRE(left.again(not_looked_at));
    CHECK_FALSE(left.fresh());
    CHECK(f.node_of(left.next_node()) == first);
    left.bytes_went_out();
    REQUIRE(left.again(not_looked_at));
    CHECK(f.node_of(left.next_node()) != first);
    left.bytes_went_out();
    CHECK(left.again(not_looked_at));  // once more to that one, too
    left.next_node();
    CHECK_FALSE(left.again(not_looked_at));
}

TEST_CASE("what a node did not look at is not sent again when its body is not here") {
    fixture f;
    f.x.replay.keep({"gone"});
    tries left(f.x, f.mine());
    left.next_node();
    CHECK_FALSE(left.again(not_looked_at));
}
