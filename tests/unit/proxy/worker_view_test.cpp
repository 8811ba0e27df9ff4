// SPDX-License-Identifier: Apache-2.0
// What a worker keeps from one table to the next, and what it lets go.
#include "app/build_table.hpp"
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "proxy/worker_view.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>
#include <catch2/catch.hpp>

#include <initializer_list>
#include <string>

using sluice::proxy::pinned_view;
using sluice::proxy::worker_view;
using sluice::upstream::node_pool;

namespace {

sluice::app::settings settings_of(std::initializer_list<unsigned> ports,
                                  std::initializer_list<const char*> names = {"s"}) {
    sluice::app::settings all;
    for (const auto* name : names) {
        sluice::service::service_settings service;
        service.name = name;
        for (const auto port : ports)
            service.nodes.push_back(
                {*sluice::net::address::parse("10.0.0.1:" + std::to_string(port)), 1});
        all.services.push_back(service);
    }
    return all;
}

struct fixture {
    /// The view of the next table, which follows the one before.
    pinned_view adopt(const sluice::app::settings& from) {
        table = sluice::app::build_table(from, 1, ++generation, table.get());
        auto view = boost::make_local_shared<worker_view>(loop.worker, table, retired);
        if (current)
            view->inherit(*current);
        current = view;
        return view;
    }
    /// A connection of that pool, in use.
    sluice::upstream::connection lease(node_pool& pool) {
        REQUIRE(pool.reserve());
        fake::socket_pair pair;
        nodes.push_back(std::move(pair.theirs));
        return pool.adopt(std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()));
    }

    fake::loop loop;
    std::vector<std::shared_ptr<const sluice::proxy::table>> done;
    worker_view::on_retired retired = [this](auto one) { done.push_back(std::move(one)); };
    std::shared_ptr<const sluice::proxy::table> table;
    std::uint64_t generation = 0;
    std::vector<fake::socket> nodes;
    pinned_view current;
};

}  // namespace

TEST_CASE("a service that is the same keeps its cursor, its budget and its pools") {
    fixture f;
    auto settings = settings_of({1, 2});
    auto& before = f.adopt(settings)->of(0);
    settings.routes.emplace_back().services = {{"s", 1}};
    CHECK(&f.adopt(settings)->of(0) == &before);
}

TEST_CASE("a service found at another place is the same service") {
    fixture f;
    auto& before = f.adopt(settings_of({1}, {"a", "s"}))->of(1);
    const auto next = f.adopt(settings_of({1}, {"s", "b", "c"}));
    CHECK(&next->of(0) == &before);
    CHECK(&next->of(1) != &before);
}

TEST_CASE("when nodes change, those that stayed keep their connections and their budget") {
    fixture f;
    auto& before = f.adopt(settings_of({1, 2}))->of(0);
    const auto held = before.pools[1];
    auto leased = f.lease(*held);
    while (before.budget.spend()) {
    }
    auto& now = f.adopt(settings_of({2, 3}))->of(0);
    REQUIRE(now.pools.size() == 2);
    CHECK(now.pools[0] == held);
    CHECK(now.pools[0]->open() == 1);
    CHECK(now.pools[1]->open() == 0);
    CHECK_FALSE(now.budget.spend());
    held->give_back(std::move(leased));
}

TEST_CASE("the pool of a node that went lives as long as a view it is used by, and keeps nothing") {
    fixture f;
    auto old = f.adopt(settings_of({1, 2}));
    auto& pool = *old->of(0).pools[0];
    const auto stats = f.table->services[0]->nodes[0].stats;
    auto leased = f.lease(pool);
    f.adopt(settings_of({2}));
    CHECK(stats->sum().open == 1);
    pool.give_back(std::move(leased));
    CHECK(stats->sum().open == 0);
    CHECK(pool.unused());
    CHECK(pool.reserve());  // who still is on the old table may try it
    pool.release();
    old.reset();
    CHECK(stats.use_count() == 2);  // here, and in the table that was handed out
}

TEST_CASE("a service that went lets its connections go") {
    fixture f;
    const auto old = f.adopt(settings_of({1}, {"a", "b"}));
    auto leased = f.lease(*old->of(0).pools[0]);
    f.adopt(settings_of({1}, {"b"}));
    old->of(0).pools[0]->give_back(std::move(leased));
    CHECK(old->of(0).pools[0]->unused());
}

TEST_CASE("other bounds of a pool reach the pool that is there") {
    fixture f;
    auto settings = settings_of({1});
    const auto pool = f.adopt(settings)->of(0).pools[0];
    settings.services[0].pool.max = 1;
    settings.services[0].pool.idle = 1;
    CHECK(f.adopt(settings)->of(0).pools[0] == pool);
    CHECK(pool->reserve());
    CHECK_FALSE(pool->reserve());
    pool->release();
}

TEST_CASE("a table is handed out when the last view of it ends, not before") {
    fixture f;
    auto first = f.adopt(settings_of({1}));
    f.adopt(settings_of({2}));
    CHECK(f.done.empty());
    const auto* table = &first->facts();
    first.reset();
    REQUIRE(f.done.size() == 1);
    CHECK(f.done[0].get() == table);
}

TEST_CASE("a worker that drains keeps no connection under a later table either") {
    fixture f;
    auto settings = settings_of({1});
    f.adopt(settings)->drain();
    settings.services[0].nodes.push_back({*sluice::net::address::parse("10.0.0.1:9"), 1});
    auto& pool = *f.adopt(settings)->of(0).pools[1];
    pool.give_back(f.lease(pool));
    CHECK(pool.unused());
}
