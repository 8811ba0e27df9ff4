// SPDX-License-Identifier: Apache-2.0
#include "service/tier_memory.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using sluice::time_point;
using sluice::service::node;
using sluice::service::tier_memory;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

/// Nodes 0.. of tier 0, then those of tier 1.
std::vector<node> nodes(std::size_t first, std::size_t second) {
    std::vector<node> all;
    for (std::size_t at = 0; at < first + second; ++at) {
        all.push_back({*sluice::net::address::parse("10.0.0.1:" + std::to_string(1 + at))});
        all.back().tier = at < first ? 0 : 1;
    }
    return all;
}

bool sleeps(const tier_memory& memory, std::size_t tier, time_point now) {
    return memory.standing(tier, {}, now) >= 2;
}

}  // namespace

TEST_CASE("a tier sleeps once three of its nodes were missed, or all when it has fewer") {
    tier_memory many(nodes(10, 1));
    many.missed(0, start);
    many.missed(1, start);
    many.missed(1, start);
    CHECK_FALSE(sleeps(many, 0, start));
    many.missed(2, start);
    CHECK(sleeps(many, 0, start));
    CHECK_FALSE(sleeps(many, 1, start));
    tier_memory few(nodes(1, 1));
    few.missed(0, start);
    CHECK(sleeps(few, 0, start));
}

TEST_CASE("a node that is reached shows that its tier is alive") {
    tier_memory memory(nodes(3, 1));
    memory.missed(0, start);
    memory.missed(1, start);
    memory.reached(2);
    memory.missed(2, start);
    CHECK_FALSE(sleeps(memory, 0, start));
    memory.missed(0, start);
    memory.missed(1, start);
    CHECK(sleeps(memory, 0, start));
    memory.reached(3);
    CHECK(sleeps(memory, 0, start));
    memory.reached(1);
    CHECK_FALSE(sleeps(memory, 0, start));
}

TEST_CASE("after its nap one request tries a tier, and the others wait for what it finds") {
    tier_memory memory(nodes(2, 1));
    memory.missed(0, start);
    memory.missed(1, start);
    const auto later = start + tier_memory::nap;
    CHECK(sleeps(memory, 0, later - 1ms));
    CHECK_FALSE(sleeps(memory, 0, later));
    memory.picked(0, later);
    CHECK(sleeps(memory, 0, later));
    memory.missed(0, later + 3s);
    CHECK(sleeps(memory, 0, later + 3s + tier_memory::nap - 1ms));
    CHECK_FALSE(sleeps(memory, 0, later + 3s + tier_memory::nap));
}

TEST_CASE("an exchange that missed two nodes of a tier turns to the next, and comes back") {
    const tier_memory memory(nodes(5, 5));
    CHECK(memory.standing(0, std::vector<std::size_t>{0}, start) == 0);
    CHECK(memory.standing(0, std::vector<std::size_t>{0, 4}, start) == 1);
    CHECK(memory.standing(1, std::vector<std::size_t>{0, 4}, start) == 0);
    CHECK(memory.standing(1, std::vector<std::size_t>{0, 4, 5, 6}, start) == 1);
}

TEST_CASE("nodes without a weight do not make a tier look larger") {
    auto some = nodes(4, 1);
    some[0].weight = some[1].weight = some[2].weight = 0;
    tier_memory memory(some);
    memory.missed(3, start);
    CHECK(sleeps(memory, 0, start));
}

TEST_CASE("a tier that sleeps sleeps on when the nodes change, until one of them is reached") {
    tier_memory before(nodes(3, 1));
    for (std::size_t at = 0; at < 3; ++at)
        before.missed(at, start);
    tier_memory after(nodes(5, 2));
    after.inherit(before);
    CHECK(sleeps(after, 0, start));
    CHECK_FALSE(sleeps(after, 1, start));
    CHECK_FALSE(sleeps(after, 0, start + tier_memory::nap));
    after.missed(4, start + tier_memory::nap);
    CHECK(sleeps(after, 0, start + tier_memory::nap));
    after.reached(4);
    CHECK_FALSE(sleeps(after, 0, start + tier_memory::nap));
    tier_memory alone(nodes(5, 0));
    alone.inherit(before);
    CHECK_FALSE(sleeps(alone, 0, start));
}
