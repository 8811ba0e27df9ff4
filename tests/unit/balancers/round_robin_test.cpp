// SPDX-License-Identifier: Apache-2.0
#include "balancers/catalog.hpp"
#include "service/tier_memory.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

using sluice::balancers::make;
using sluice::service::picker;

namespace {

std::vector<sluice::service::node> nodes_with(const std::vector<unsigned>& weights) {
    std::vector<sluice::service::node> nodes;
    for (std::size_t at = 0; at < weights.size(); ++at)
        nodes.push_back({*sluice::net::address::parse("10.0." + std::to_string(at / 250) + "." +
                                                      std::to_string(at % 250) + ":80"),
                         weights[at]});
    return nodes;
}

std::string turns(picker& from, int count) {
    std::string letters;
    for (int i = 0; i < count; ++i)
        letters += static_cast<char>('a' + from.pick({}, {}));
    return letters;
}

}  // namespace

TEST_CASE("nodes of equal weight take turns") {
    const auto balancer = make("round_robin", nodes_with({1, 1, 1}));
    CHECK(turns(*balancer->make_picker(0), 7) == "abcabca");
    CHECK(turns(*make("round_robin", nodes_with({7, 7}))->make_picker(0), 4) == "abab");
}

TEST_CASE("a heavy node's turns are spread over the cycle") {
    const auto balancer = make("round_robin", nodes_with({5, 1, 1}));
    CHECK(turns(*balancer->make_picker(0), 14) == "aabacaaaabacaa");
}

TEST_CASE("a node of weight 0 is never picked") {
    const auto some = make("round_robin", nodes_with({0, 2, 0, 2}));
    CHECK(turns(*some->make_picker(0), 4) == "bdbd");
    const auto none = make("round_robin", nodes_with({0, 0}));
    CHECK(none->make_picker(3)->pick({}, {}) == picker::none);
}

TEST_CASE("workers start at different nodes") {
    const auto balancer = make("round_robin", nodes_with({1, 1, 1}));
    std::set<std::size_t> first;
    for (unsigned worker = 0; worker < 3; ++worker)
        first.insert(balancer->make_picker(worker)->pick({}, {}));
    CHECK(first.size() == 3);
}

TEST_CASE("weights beyond all measure keep their proportion within the bound of the cycle") {
    const auto balancer = make("round_robin", nodes_with({4'000'000'000U, 1'000'000'000U, 1}));
    const auto mine = balancer->make_picker(0);
    std::map<std::size_t, int> count;
    for (int i = 0; i < 50'000; ++i)
        ++count[mine->pick({}, {})];
    CHECK(count[2] > 0);
    CHECK(static_cast<double>(count[0]) / count[1] == Approx(4).epsilon(0.01));
}

TEST_CASE("a thousand nodes of different weights are planned and picked in proportion") {
    std::vector<unsigned> weights;
    for (unsigned at = 0; at < 1'000; ++at)
        weights.push_back(1 + at % 10);
    const auto mine = make("round_robin", nodes_with(weights))->make_picker(0);
    std::map<std::size_t, int> count;
    for (int i = 0; i < 55'000; ++i)
        ++count[mine->pick({}, {})];
    REQUIRE(count.size() == 1'000);
    CHECK(count[9] == 10 * count[0]);
}

TEST_CASE("each tier takes its own turns") {
    auto nodes = nodes_with({1, 5, 1, 1});
    nodes[0].tier = nodes[2].tier = 1;
    const auto balancer = make("round_robin", nodes);
    CHECK(turns(*balancer->make_picker(0), 6) == "bbbdbb");
}

TEST_CASE("a dead tier costs its misses once, then one try after each nap") {
    using sluice::service::tier_memory;
    auto nodes = nodes_with({1, 1, 1});
    nodes[2].tier = 1;
    const auto mine = make("round_robin", nodes)->make_picker(0);
    sluice::time_point now{std::chrono::hours{1}};
    int misses = 0;
    const auto request = [&] {
        std::vector<std::size_t> tried;
        for (auto at = mine->pick(tried, now); at != 2; at = mine->pick(tried, now)) {
            REQUIRE(at < 2);
            ++misses;
            mine->missed(at, now);
            tried.push_back(at);
        }
        mine->reached(2);
    };
    for (int i = 0; i < 100; ++i)
        request();
    CHECK(misses == 2);
    now += tier_memory::nap;
    for (int i = 0; i < 100; ++i)
        request();
    CHECK(misses == 3);
    mine->reached(0);
    CHECK(mine->pick({}, now) < 2);
}
