// SPDX-License-Identifier: Apache-2.0
#include "http/h2/abuse_score.hpp"
#include "http/h2/stream_numbers.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::time_point;
using sluice::http::h2::abuse;
using sluice::http::h2::abuse_score;
using sluice::http::h2::stream_numbers;
using level = abuse_score::level;

TEST_CASE("the score asks for calm at three quarters and cuts at the whole") {
    const time_point now{1h};
    abuse_score score(now);
    for (int i = 1; i <= 500; ++i) {
        const auto at = score.add(abuse::resets, now);
        CHECK(at == (i >= 500 ? level::cut : i >= 375 ? level::calm_down : level::fine));
    }
}

TEST_CASE("kinds add up") {
    const time_point now{1h};
    abuse_score score(now);
    for (int i = 0; i < 50; ++i)
        score.add(abuse::malformed, now);
    for (int i = 0; i < 124; ++i)
        CHECK(score.add(abuse::resets, now) == level::fine);
    CHECK(score.add(abuse::priorities, now) == level::fine);
    CHECK(score.add(abuse::priorities, now) == level::calm_down);
}

TEST_CASE("the score decays, in short steps too") {
    time_point now{1h};
    abuse_score score(now);
    for (int i = 0; i < 100'000; ++i) {
        now += 41ms;  // 24 resets a second, for ever
        REQUIRE(score.add(abuse::resets, now) == level::fine);
    }
    auto at = level::fine;
    for (int i = 0; i < 100'000 && at == level::fine; ++i) {
        now += 35ms;  // 28 a second, which lasts for a while
        at = score.add(abuse::resets, now);
    }
    CHECK(at == level::calm_down);
}

TEST_CASE("answers to our frames are earned by them") {
    abuse_score score(time_point{1h});
    int free = 0;
    while (score.answer_was_earned())
        ++free;
    CHECK(free == 256);
    score.earned(4);
    for (int i = 0; i < 4; ++i)
        CHECK(score.answer_was_earned());
    CHECK_FALSE(score.answer_was_earned());
}

TEST_CASE("RFC 9113 section 5.1.1: a number that was passed over is closed") {
    stream_numbers numbers;
    CHECK(numbers.take(1));
    CHECK(numbers.take(3));
    CHECK(numbers.take(1));  // trailers, or a stream that was reset
    CHECK(numbers.take(9));
    CHECK_FALSE(numbers.take(5));
    CHECK_FALSE(numbers.take(7));
    CHECK(numbers.take(9));
    CHECK(numbers.take(11));
    stream_numbers late;
    CHECK(late.take(13));
    CHECK_FALSE(late.take(1));
}
