// SPDX-License-Identifier: Apache-2.0
#include "routing/split.hpp"

#include <catch2/catch.hpp>

#include <limits>

using sluice::routing::weighted_split;

namespace {

std::vector<int> tally(const std::vector<unsigned>& weights, std::uint64_t numbers) {
    const weighted_split split{weights};
    std::vector<int> counts(weights.size());
    for (std::uint64_t number = 0; number < numbers; ++number)
        ++counts[split.pick(number).value()];
    return counts;
}

}  // namespace

TEST_CASE("services share requests by their weights") {
    CHECK(tally({95, 5}, 1000) == std::vector{950, 50});
    CHECK(tally({1, 1, 2}, 400) == std::vector{100, 100, 200});
    CHECK(tally({7}, 10) == std::vector{10});
}

TEST_CASE("a service of weight 0 gets nothing") {
    CHECK(tally({0, 3, 0, 1, 0}, 400) == std::vector{0, 300, 0, 100, 0});
}

TEST_CASE("without any weight there is no choice") {
    CHECK_FALSE(weighted_split{std::vector<unsigned>{}}.pick(1));
    CHECK_FALSE(weighted_split{std::vector<unsigned>{0, 0}}.pick(1));
}

TEST_CASE("the same number always leads to the same service") {
    const weighted_split split{std::vector<unsigned>{3, 4, 5}};
    for (std::uint64_t number = 0; number < 100; ++number)
        CHECK(split.pick(number) == split.pick(number));
    CHECK(split.pick(2) == 0u);
    CHECK(split.pick(3) == 1u);
    CHECK(split.pick(11) == 2u);
}

TEST_CASE("weights may be as large as they come") {
    constexpr unsigned most = std::numeric_limits<unsigned>::max();
    const weighted_split split{std::vector<unsigned>{most, most}};
    CHECK(split.pick(most - 1u) == 0u);
    CHECK(split.pick(most) == 1u);
    CHECK(split.pick(std::numeric_limits<std::uint64_t>::max()));
}
