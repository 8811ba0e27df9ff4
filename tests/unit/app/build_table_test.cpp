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
    const auto& targets = table->routes[0].targets;
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
    const auto& route = table->routes[0];
    int second = 0;
    for (std::uint64_t number = 0; number < 4; ++number)
        second += route.split.pick(number) == std::size_t{0} ? 1 : 0;
    CHECK(second == 3);
    const auto& service = *route.targets[0].service;
    CHECK(service.settings.name == "second");
    CHECK(service.position == 1);
    REQUIRE(service.nodes.size() == 2);
    CHECK(service.nodes[1].text == "[::1]:81");
    CHECK(service.nodes[1].facts.weight == 5);
    CHECK(service.balancer != nullptr);
    CHECK(table->services[1].get() == &service);
}

TEST_CASE("a service without nodes and a route to it make a table all the same") {
    auto all = some_settings();
    all.services[0].nodes.clear();
    const auto table = build_table(all, 1, 1);
    CHECK(table->services[0]->nodes.empty());
    CHECK(table->services[0]->balancer->make_picker(0)->pick({}, {}) ==
          sluice::service::picker::none);
}
