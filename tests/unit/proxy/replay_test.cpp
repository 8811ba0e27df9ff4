// SPDX-License-Identifier: Apache-2.0
#include "proxy/replay.hpp"
#include "proxy/retry_budget.hpp"

#include <catch2/catch.hpp>

#include <string>

using sluice::http::chunk;
using sluice::proxy::replay_buffer;
using sluice::proxy::retry_budget;

TEST_CASE("a body kept whole can be sent again") {
    replay_buffer copy;
    copy.begin();
    CHECK(copy.empty());
    CHECK(copy.complete());
    copy.keep({"abc"});
    CHECK_FALSE(copy.all().last);
    copy.keep({"def", true});
    CHECK(copy.complete());
    CHECK(copy.all().bytes == "abcdef");
    CHECK(copy.all().last);
}

TEST_CASE("a body over the bound, with trailers, or not wanted cannot") {
    replay_buffer copy;
    SECTION("over the bound") {
        copy.begin();
        const std::string most(replay_buffer::most, 'x');
        copy.keep({most});
        CHECK(copy.complete());
        copy.keep({"y"});
        copy.keep({"z", true});  // later pieces do not make it whole again
    }
    SECTION("trailers") {
        copy.begin();
        sluice::http::header_list trailers;
        copy.keep({"x", true, &trailers});
    }
    SECTION("not wanted") {
        CHECK(copy.complete());  // nothing was taken yet
        copy.keep({"x", true});
    }
    CHECK_FALSE(copy.complete());
    copy.begin();
    CHECK(copy.complete());
}

TEST_CASE("a budget lets a quiet service retry, and a busy one in proportion") {
    retry_budget budget(20);
    int retries = 0;
    while (budget.spend())
        ++retries;
    CHECK(retries == 10);
    for (int i = 0; i < 1'000; ++i) {
        budget.earn();
        retries += budget.spend() ? 1 : 0;
    }
    CHECK(retries >= 10 + 199);
    CHECK(retries <= 10 + 200);
}

TEST_CASE("what is saved up is bounded, and a budget of nothing allows nothing") {
    retry_budget full(100);
    for (int i = 0; i < 10'000; ++i)
        full.earn();
    int retries = 0;
    while (full.spend())
        ++retries;
    CHECK(retries == 100);
    retry_budget none(0);
    none.earn();
    CHECK_FALSE(none.spend());
}

TEST_CASE("once the answer is here nothing is kept, but what is being sent of it") {
    replay_buffer replay;
    replay.begin();
    replay.keep({"hello", false});
    SECTION("nothing is being sent of it") {
        replay.answered();
        CHECK(replay.memory() == 0);
    }
    SECTION("it is being sent again") {
        const auto piece = replay.all();
        replay.answered();
        CHECK(piece.bytes == "hello");
        CHECK(replay.memory() != 0);
        replay.left();
        CHECK(replay.memory() == 0);
    }
    CHECK_FALSE(replay.complete());
    replay.keep({"more", true});
    CHECK(replay.memory() == 0);
}
