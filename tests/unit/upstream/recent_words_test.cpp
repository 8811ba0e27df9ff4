// SPDX-License-Identifier: Apache-2.0
#include "upstream/recent_words.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using sluice::time_point;
using sluice::upstream::recent_words;

TEST_CASE("words that take turns are news once a window each") {
    recent_words told;
    const time_point start{};
    int logged = 0;
    for (auto after = 0s; after < recent_words::window; after += 1s)
        logged += told.add(after.count() % 2 == 0 ? "expired" : "wrong name", start + after);
    CHECK(logged == 2);
    CHECK(told.add("expired", start + recent_words::window));
    CHECK_FALSE(told.add("wrong name", start + recent_words::window));
    CHECK(told.add("wrong name", start + recent_words::window + 1s));
}

TEST_CASE("words that are always new are news a few times a window") {
    recent_words told;
    const time_point start{};
    std::size_t logged = 0;
    for (int i = 0; i < 1'000; ++i)
        logged += told.add("reason " + std::to_string(i), start + 1s);
    CHECK(logged == recent_words::most);
    CHECK(told.add("another one", start + 1s + recent_words::window));
}
