// SPDX-License-Identifier: Apache-2.0
#include "sluice/telemetry/metric.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace sluice::telemetry;
using namespace std::chrono_literals;

TEST_CASE("a counter is the sum of what every thread added") {
    counter requests{2};
    std::thread other([&] {
        for (int i = 0; i < 100'000; ++i)
            requests.add(1);
    });
    for (int i = 0; i < 100'000; ++i)
        requests.add(0, 2);
    other.join();
    CHECK(requests.sum() == 300'000);
}

TEST_CASE("a gauge may rise in one thread and fall in another") {
    gauge connections{2};
    connections.add(0, 5);
    connections.add(1, -7);
    CHECK(connections.sum() == -2);
}

TEST_CASE("histogram bounds rise from half a millisecond to a minute") {
    const auto bounds = histogram::bounds();
    REQUIRE(bounds.size() == histogram::bucket_count - 1);
    CHECK(bounds.front() == 0.0005);
    CHECK(bounds.back() == 60);
    CHECK(std::is_sorted(bounds.begin(), bounds.end()));
}

TEST_CASE("a duration on a bound counts below it, one above does not") {
    histogram durations{1};
    durations.observe(0, 500us);
    CHECK(durations.sum().buckets[0] == 1);
    durations.observe(0, 500us + 1ns);
    CHECK(durations.sum().buckets[0] == 1);
    CHECK(durations.sum().buckets[1] == 2);
}

TEST_CASE("buckets are cumulative, count and sum are those of all threads") {
    histogram durations{2};
    durations.observe(0, 0ns);
    durations.observe(1, 3ms);
    durations.observe(1, 2h);
    durations.observe(0, -1s);  // a clock that was set back
    const auto reading = durations.sum();
    CHECK(reading.buckets[0] == 2);
    CHECK(reading.buckets[3] == 3);
    CHECK(reading.buckets[histogram::bucket_count - 2] == 3);
    CHECK(reading.buckets[histogram::bucket_count - 1] == 4);
    CHECK(reading.count == 4);
    CHECK(reading.sum == Approx(7200.003));
}
