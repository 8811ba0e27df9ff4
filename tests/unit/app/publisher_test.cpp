// SPDX-License-Identifier: Apache-2.0
// When tables are published, in time that stands still between two steps.
#include "app/build_table.hpp"
#include "app/publisher.hpp"
#include "fake/loop.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::app::publisher;

namespace {

sluice::app::settings found_service() {
    sluice::app::settings all;
    sluice::service::service_settings service;
    service.name = "s";
    service.source = "dns";
    all.services.push_back(service);
    return all;
}

struct fixture {
    void put(unsigned port, const std::string& name = "s") {
        changes.put(
            {name, {{*sluice::net::address::parse("10.0.0.1:" + std::to_string(port)), 1}}});
    }
    /// The only node's port, in the table published last.
    unsigned port() const { return last().services[0]->nodes.at(0).facts.address.port(); }
    const sluice::proxy::table& last() const { return *published.back(); }

    fake::loop loop;
    std::vector<publisher::shared_table> published;
    publisher changes{loop.worker, sluice::app::build_table(found_service(), 1, 1), 1,
                      [this](const auto& table) { published.push_back(table); }};
};

}  // namespace

TEST_CASE("the first change is published at once, those of the same turn with it") {
    fixture f;
    f.put(1);
    f.put(2);
    CHECK(f.published.empty());
    f.loop.settle();
    REQUIRE(f.published.size() == 1);
    CHECK(f.port() == 2);
    CHECK(f.last().generation == 2);
    CHECK(f.changes.current() == f.published.back());
}

TEST_CASE("a change soon after another waits until 100 ms have passed") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.put(2);
    f.loop.advance(90ms);
    CHECK(f.published.size() == 1);
    f.loop.advance(20ms);
    REQUIRE(f.published.size() == 2);
    CHECK(f.port() == 2);
    f.loop.advance(1s);
    f.put(3);
    f.loop.settle();
    CHECK(f.port() == 3);
}

TEST_CASE("changes that never pause are published every 100 ms all the same") {
    fixture f;
    for (unsigned step = 1; step <= 100; ++step) {
        f.put(step);
        f.loop.advance(10ms);
    }
    CHECK(f.published.size() >= 9);
    CHECK(f.published.size() <= 11);
    f.loop.advance(100ms);
    CHECK(f.port() == 100);
}

TEST_CASE("an update that changes nothing is no table, and delays no other one") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.loop.advance(1s);
    f.put(1);
    f.put(1, "unknown");
    f.loop.settle();
    CHECK(f.published.size() == 1);
    f.put(2);
    f.loop.settle();
    CHECK(f.published.size() == 2);
}

TEST_CASE("a reload is published at once, with what was found while it was built") {
    fixture f;
    f.put(1);
    f.loop.settle();
    const auto built_on = f.changes.current();
    auto settings = found_service();
    settings.services[0].retries.attempts = 9;
    auto next = sluice::app::build_table(settings, 1, 0, built_on.get());
    f.loop.advance(1s);
    f.put(2);
    f.loop.settle();
    f.put(3);
    f.changes.replace(std::move(next), built_on);
    REQUIRE(f.published.size() == 3);
    CHECK(f.last().generation == 4);
    CHECK(f.port() == 2);
    CHECK(f.last().services[0]->nodes[0].stats ==
          f.published[1]->services[0]->nodes[0].stats);  // the same node, with its connections
    CHECK(f.last().services[0]->settings.retries.attempts == 9);
    f.loop.advance(100ms);
    CHECK(f.port() == 3);
}

TEST_CASE("a reload that leaves a service alone takes it as it is now, not as it was") {
    fixture f;
    const auto built_on = f.changes.current();
    auto next = sluice::app::build_table(found_service(), 1, 0, built_on.get());
    f.put(1);
    f.loop.settle();
    f.changes.replace(std::move(next), built_on);
    REQUIRE(f.published.size() == 2);
    CHECK(f.published[1]->services[0] == f.published[0]->services[0]);
}
