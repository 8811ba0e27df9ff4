// SPDX-License-Identifier: Apache-2.0
// What every balancer of the catalog must keep to, whatever its rule.
#include "balancers/catalog.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using sluice::balancers::make;
using sluice::service::picker;

namespace {

#define SLUICE_NAME(name) #name,
const std::vector<std::string> all = {SLUICE_BALANCERS(SLUICE_NAME)};
#undef SLUICE_NAME

std::vector<sluice::service::node> some_nodes(std::size_t count, unsigned weight) {
    std::vector<sluice::service::node> nodes;
    for (std::size_t at = 0; at < count; ++at)
        nodes.push_back(
            {*sluice::net::address::parse("10.0.0.1:" + std::to_string(1 + at)), weight});
    return nodes;
}

}  // namespace

TEST_CASE("an unknown name is no balancer") {
    CHECK(make("rond_robin", some_nodes(1, 1)) == nullptr);
}

TEST_CASE("every balancer: no nodes, or none with a weight, give none") {
    const auto name = GENERATE(from_range(all));
    INFO(name);
    CHECK(make(name, {})->make_picker(0)->pick({}, {}) == picker::none);
    CHECK(make(name, {})->make_picker(7)->pick({}, {}) == picker::none);
    CHECK(make(name, some_nodes(3, 0))->make_picker(0)->pick({}, {}) == picker::none);
}

TEST_CASE("every balancer: tries each node once before it says none") {
    const auto name = GENERATE(from_range(all));
    const std::size_t count = GENERATE(1, 2, 16, 300);
    INFO(name << " over " << count);
    const auto mine = make(name, some_nodes(count, 3))->make_picker(5);
    std::vector<std::size_t> tried;
    while (tried.size() <= count) {
        const auto next = mine->pick(tried, {});
        if (next == picker::none)
            break;
        REQUIRE(next < count);
        REQUIRE(std::find(tried.begin(), tried.end(), next) == tried.end());
        tried.push_back(next);
    }
    CHECK(tried.size() == count);
}

TEST_CASE("every balancer: nodes of several tiers are all tried once, the lowest tier first") {
    const auto name = GENERATE(from_range(all));
    INFO(name);
    auto nodes = some_nodes(9, 2);
    for (std::size_t at = 0; at < nodes.size(); ++at)
        nodes[at].tier = static_cast<unsigned>(2 - at % 3);
    const auto mine = make(name, nodes)->make_picker(1);
    std::vector<std::size_t> tried;
    for (std::size_t at = 0; at < nodes.size(); ++at) {
        const auto next = mine->pick(tried, {});
        REQUIRE(next < nodes.size());
        REQUIRE(std::find(tried.begin(), tried.end(), next) == tried.end());
        tried.push_back(next);
    }
    CHECK(nodes[tried[0]].tier == 0);
    CHECK(nodes[tried[1]].tier == 0);
    CHECK(nodes[tried[2]].tier == 1);
    CHECK(mine->pick(tried, {}) == picker::none);
}

TEST_CASE("every balancer: nodes that are reached stay the only ones of a higher tier's service") {
    const auto name = GENERATE(from_range(all));
    INFO(name);
    auto nodes = some_nodes(4, 1);
    nodes[2].tier = nodes[3].tier = 1;
    const auto mine = make(name, nodes)->make_picker(0);
    for (int i = 0; i < 1'000; ++i) {
        const auto next = mine->pick({}, {});
        REQUIRE(next < 2);
        mine->reached(next);
    }
}

TEST_CASE(
    "every balancer: in the long run every node with a weight has a share, for every worker") {
    const auto name = GENERATE(from_range(all));
    const unsigned worker = GENERATE(0U, 1U, 63U);
    INFO(name);
    auto nodes = some_nodes(20, 1);
    nodes[4].weight = 0;
    nodes[5].weight = 4'000'000'000U;
    const auto mine = make(name, nodes)->make_picker(worker);
    std::set<std::size_t> seen;
    for (int i = 0; i < 20'000; ++i)
        seen.insert(mine->pick({}, {}));
    CHECK(seen.size() == 19);
    CHECK(seen.count(4) == 0);
}

TEST_CASE("every balancer: a picker outlives the table it was made from") {
    const auto name = GENERATE(from_range(all));
    auto balancer = make(name, some_nodes(3, 1));
    const auto mine = balancer->make_picker(0);
    balancer.reset();
    CHECK(mine->pick({}, {}) < 3);
}
