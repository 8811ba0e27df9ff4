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
    void reload(std::shared_ptr<sluice::proxy::table> next,
                const publisher::shared_table& built_on) {
        changes.replace(std::move(next), built_on,
                        [this](const auto& table) { published.push_back(table); });
    }
    /// A reload that leads the service to that name, with TLS to its nodes.
    void lead_to(const std::string& name) {
        auto settings = found_service();
        settings.services[0].names = {{name, 80}};
        settings.services[0].tls.mode = sluice::net::upstream_tls_mode::tls;
        const auto built_on = changes.current();
        reload(sluice::app::build_table(settings, 1, 0, built_on.get()), built_on);
    }
    const sluice::proxy::table_service& service() const { return *last().services[0]; }
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
    f.reload(std::move(next), built_on);
    REQUIRE(f.published.size() == 3);
    CHECK(f.last().generation == 4);
    CHECK(f.port() == 3);  // what waited to be published comes along
    CHECK(f.last().services[0]->settings.retries.attempts == 9);
    f.loop.advance(100ms);
    CHECK(f.published.size() == 3);
}

TEST_CASE("a reload that leaves a service alone takes it as it is now, not as it was") {
    fixture f;
    const auto built_on = f.changes.current();
    auto next = sluice::app::build_table(found_service(), 1, 0, built_on.get());
    f.put(1);
    f.loop.settle();
    f.reload(std::move(next), built_on);
    REQUIRE(f.published.size() == 2);
    CHECK(f.published[1]->services[0] == f.published[0]->services[0]);
}

TEST_CASE("nodes of a former url go after their time, when nothing was found for the new one") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.lead_to("new.test");
    CHECK(f.service().nodes.size() == 1);
    CHECK(f.service().tls().mode == sluice::net::upstream_tls_mode::disabled);
    f.loop.advance(publisher::carried_life - 1s);
    CHECK(f.service().nodes.size() == 1);
    f.loop.advance(1s + fake::past);
    CHECK(f.service().nodes.empty());
    CHECK(f.service().tls().mode == sluice::net::upstream_tls_mode::tls);
}

TEST_CASE("another reload does not lengthen the life of former nodes") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.lead_to("new.test");
    f.loop.advance(publisher::carried_life - 1s);
    f.lead_to("newer.test");
    CHECK(f.service().nodes.size() == 1);
    f.loop.advance(1s + fake::past);
    CHECK(f.service().nodes.empty());
}

TEST_CASE("what the source says of a new url stays, even when it is the same node") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.lead_to("new.test");
    f.loop.advance(1s);
    f.put(1);
    f.loop.settle();
    CHECK(f.service().tls().mode == sluice::net::upstream_tls_mode::tls);
    f.loop.advance(2 * publisher::carried_life);
    CHECK(f.port() == 1);
}

TEST_CASE("what was found for a url and not yet published does not count for the next one") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.put(2);
    f.lead_to("new.test");
    f.loop.advance(1s);
    CHECK(f.port() == 2);
    CHECK(f.service().tls().mode == sluice::net::upstream_tls_mode::disabled);
}

TEST_CASE("nodes found for one url have all their time when the next one comes") {
    fixture f;
    f.put(1);
    f.loop.settle();
    f.lead_to("new.test");
    f.loop.advance(1s);
    f.put(2);
    f.loop.settle();
    f.loop.advance(publisher::carried_life - 2s);
    f.lead_to("newer.test");
    f.loop.advance(publisher::carried_life - 1s);
    CHECK(f.port() == 2);
    f.loop.advance(1s + fake::past);
    CHECK(f.service().nodes.empty());
}
