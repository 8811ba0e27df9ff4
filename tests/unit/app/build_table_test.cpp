// SPDX-License-Identifier: Apache-2.0
#include "app/build_table.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::app::build_table;

namespace {

sluice::app::settings some_settings() {
    sluice::app::settings all;
    sluice::service::service_settings service;
    service.nodes.push_back({*sluice::net::address::parse("10.0.0.1:80"), 1});
    service.name = "first";
    all.services.push_back(service);
    service.name = "second";
    service.nodes.push_back({*sluice::net::address::parse("[::1]:81"), 5});
    all.services.push_back(service);
    sluice::proxy::route_settings route;
    route.name = "r";
    route.services = {{"second", 3}, {"first", 1}};
    all.routes.push_back(route);
    return all;
}

}  // namespace

TEST_CASE("deadlines of a route go over those of its service, and those over the global ones") {
    auto all = some_settings();
    all.timeouts.connect = 1s;
    all.timeouts.upstream_head = 2s;
    all.timeouts.upstream_idle = 3s;
    all.timeouts.stream_idle = 4s;
    all.services[1].timeouts.upstream_head = 20s;
    all.services[1].timeouts.upstream_idle = 30s;
    all.routes[0].timeouts.upstream_idle = 300s;
    const auto table = build_table(all, 2, 7);
    CHECK(table->generation == 7);
    const auto& targets = (*table->routes)[0]->targets;
    REQUIRE(targets.size() == 2);
    CHECK(targets[0].deadlines.connect == 1s);
    CHECK(targets[0].deadlines.upstream_head == 20s);
    CHECK(targets[0].deadlines.upstream_idle == 300s);
    CHECK(targets[0].deadlines.stream_idle == 4s);
    CHECK(targets[1].deadlines.upstream_head == 2s);  // the other service of the same route
    CHECK(targets[1].deadlines.upstream_idle == 300s);
}

TEST_CASE("a route leads to its services by their weight, each with all its nodes") {
    const auto table = build_table(some_settings(), 1, 1);
    const auto& route = *(*table->routes)[0];
    int second = 0;
    for (std::uint64_t number = 0; number < 4; ++number)
        second += route.split.pick(number) == std::size_t{0} ? 1 : 0;
    CHECK(second == 3);
    const auto& service = *table->services[route.targets[0].service];
    CHECK(service.settings.name == "second");
    REQUIRE(service.nodes.size() == 2);
    CHECK(service.nodes[1].text == "[::1]:81");
    CHECK(service.nodes[1].facts.weight == 5);
    CHECK(service.balancer != nullptr);
    CHECK(route.targets[0].service == 1);
    CHECK(table->places->at("second") == 1);
}

TEST_CASE("a service without nodes and a route to it make a table all the same") {
    auto all = some_settings();
    all.services[0].nodes.clear();
    const auto table = build_table(all, 1, 1);
    CHECK(table->services[0]->nodes.empty());
    CHECK(table->services[0]->balancer->make_picker(0)->pick({}, {}) ==
          sluice::service::picker::none);
}

TEST_CASE("a table of the same settings is made of the same parts") {
    const auto all = some_settings();
    const auto before = build_table(all, 1, 1);
    const auto next = build_table(all, 1, 2, before.get());
    CHECK(next->services == before->services);
    CHECK(next->routes == before->routes);
    CHECK(next->matcher == before->matcher);
    CHECK(next->places == before->places);
}

TEST_CASE("what changed is built anew and the rest is shared") {
    auto all = some_settings();
    auto second = all.routes[0];
    second.name = "q";
    second.services = {{"first", 1}};
    second.match.path = {sluice::routing::path_rule::kind::prefix, "/q"};
    all.routes.push_back(second);
    const auto before = build_table(all, 1, 1);
    SECTION("a service: its nodes that stayed keep what is counted about them") {
        all.services[1].balancer = "round_robin";
        all.services[1].nodes.erase(all.services[1].nodes.begin());
        all.services[1].nodes[0].weight = 7;
        const auto next = build_table(all, 1, 2, before.get());
        CHECK(next->services[0] == before->services[0]);
        CHECK(next->services[1] != before->services[1]);
        REQUIRE(next->services[1]->nodes.size() == 1);
        CHECK(next->services[1]->nodes[0].stats == before->services[1]->nodes[1].stats);
        CHECK(next->services[1]->nodes[0].series == before->services[1]->nodes[1].series);
        CHECK(next->services[1]->series == before->services[1]->series);
        CHECK(next->routes == before->routes);
    }
    SECTION("a route: the index stays unless what it matches changed") {
        all.routes[1].timeout = 5s;
        const auto next = build_table(all, 1, 2, before.get());
        CHECK((*next->routes)[0] == (*before->routes)[0]);
        CHECK((*next->routes)[1] != (*before->routes)[1]);
        CHECK((*next->routes)[1]->series == (*before->routes)[1]->series);
        CHECK(next->matcher == before->matcher);
        all.routes[1].match.methods = {"GET"};
        CHECK(build_table(all, 1, 2, before.get())->matcher != before->matcher);
    }
    SECTION("the order of routes decides, so another order is another index") {
        std::swap(all.routes[0], all.routes[1]);
        const auto next = build_table(all, 1, 2, before.get());
        CHECK((*next->routes)[0] == (*before->routes)[1]);
        CHECK(next->matcher != before->matcher);
    }
    SECTION("a deadline of a service reaches the routes that lead to it, and no others") {
        all.services[1].timeouts.connect = 9s;
        const auto next = build_table(all, 1, 2, before.get());
        CHECK((*next->routes)[0]->targets[0].deadlines.connect == 9s);
        CHECK((*next->routes)[1] == (*before->routes)[1]);
    }
    SECTION("services that moved are found where they are now") {
        std::swap(all.services[0], all.services[1]);
        const auto next = build_table(all, 1, 2, before.get());
        CHECK(next->services[0] == before->services[1]);
        CHECK((*next->routes)[0]->targets[0].service == 0);
        CHECK(next->places->at("second") == 0);
    }
    SECTION("other labels need other series") {
        all.metrics.per_node = false;
        const auto next = build_table(all, 1, 2, before.get());
        CHECK(next->services[0]->nodes[0].series != before->services[0]->nodes[0].series);
        CHECK(next->services[0]->nodes[0].stats == before->services[0]->nodes[0].stats);
        CHECK((*next->routes)[0]->series != (*before->routes)[0]->series);
    }
}

TEST_CASE("an update of nodes builds one service anew and leaves fixed ones alone") {
    auto all = some_settings();
    all.services[0].source = "dns";
    all.services[0].nodes.clear();
    const auto before = build_table(all, 1, 4);
    const auto found = [](const char* address) {
        return sluice::service::node{*sluice::net::address::parse(address), 1};
    };
    const std::vector<sluice::service::source_update> updates{
        {"first", {found("10.0.0.7:80"), found("10.0.0.8:80")}},
        {"second", {found("10.0.0.9:80")}},
        {"gone", {found("10.0.0.9:80")}}};
    const auto next = sluice::app::with_nodes(*before, updates, 1);
    REQUIRE(next);
    CHECK(next->generation == 5);
    REQUIRE(next->services[0]->nodes.size() == 2);
    CHECK(next->services[0]->nodes[1].text == "10.0.0.8:80");
    CHECK(next->services[1] == before->services[1]);
    CHECK(next->routes == before->routes);
    CHECK(next->places == before->places);
    CHECK_FALSE(sluice::app::with_nodes(*next, updates, 1));

    SECTION("and a reload keeps them until the source says otherwise") {
        all.services[0].retries.attempts = 7;
        const auto reloaded = build_table(all, 1, 6, next.get());
        REQUIRE(reloaded->services[0]->nodes.size() == 2);
        CHECK(reloaded->services[0]->settings.retries.attempts == 7);
        CHECK(reloaded->services[0]->nodes[0].stats == next->services[0]->nodes[0].stats);
    }

    SECTION("reached as they were found when url and tls change, until there is an answer") {
        using mode = sluice::net::upstream_tls_mode;
        all.services[0].names = {{"other.test", 80}};
        all.services[0].tls.mode = mode::tls;
        const auto carried = build_table(all, 1, 6, next.get());
        CHECK(carried->services[0]->nodes.size() == 2);
        CHECK(carried->services[0]->tls().mode == mode::disabled);
        all.services[0].tls.mode = mode::mtls;
        const auto again = build_table(all, 1, 7, carried.get());
        CHECK(again->services[0]->tls().mode == mode::disabled);
        const auto answered = sluice::app::with_nodes(*again, updates, 1);
        REQUIRE(answered);
        CHECK(answered->services[0]->tls().mode == mode::mtls);
    }
    SECTION("and by the new tls at once when the url is the same") {
        using mode = sluice::net::upstream_tls_mode;
        all.services[0].tls.mode = mode::tls;
        CHECK(build_table(all, 1, 6, next.get())->services[0]->tls().mode == mode::tls);
    }
}

TEST_CASE("a route's series for a service live as long as it leads there") {
    auto all = some_settings();
    const auto before = build_table(all, 1, 1);
    const auto series = [](const auto& table, std::size_t target) {
        return (*table->routes)[0]->targets.at(target).series;
    };
    all.routes[0].services = {{"first", 1}};
    const auto without = build_table(all, 1, 2, before.get());
    CHECK(series(without, 0) == series(before, 1));
    all.routes[0].services = {{"first", 1}, {"second", 1}};
    const auto back = build_table(all, 1, 3, without.get());
    CHECK(series(back, 0) == series(before, 1));
    CHECK(series(back, 1) != series(before, 0));
}
