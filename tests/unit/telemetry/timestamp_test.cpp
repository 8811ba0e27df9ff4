// SPDX-License-Identifier: Apache-2.0
#include "telemetry/timestamp.hpp"

#include <catch2/catch.hpp>

using namespace sluice::telemetry;
using namespace std::chrono;

namespace {

system_clock::time_point at(year_month_day date, nanoseconds into_day) {
    return system_clock::time_point{
        duration_cast<system_clock::duration>(sys_days{date}.time_since_epoch() + into_day)};
}

}  // namespace

TEST_CASE("a timestamp is RFC 3339 in UTC with milliseconds rounded down") {
    CHECK(to_timestamp(at(2026y / 1 / 2, 3h + 4min + 5s + 678'999us)) ==
          "2026-01-02T03:04:05.678Z");
    CHECK(to_timestamp(at(2024y / 2 / 29, 23h + 59min + 59s + 7ms)) == "2024-02-29T23:59:59.007Z");
    CHECK(to_timestamp(system_clock::time_point{}) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("the remembered second is left as soon as the time leaves it, also backwards") {
    timestamp clock;
    const auto write = [&](system_clock::time_point when) {
        char room[timestamp::length];
        return std::string(room, clock.write(when, room));
    };
    const auto noon = at(2026y / 6 / 7, 12h);
    CHECK(write(noon) == "2026-06-07T12:00:00.000Z");
    CHECK(write(noon + 999ms) == "2026-06-07T12:00:00.999Z");
    CHECK(write(noon + 1s) == "2026-06-07T12:00:01.000Z");
    CHECK(write(noon - 1ms) == "2026-06-07T11:59:59.999Z");
}

TEST_CASE("a time before 1970 is still a timestamp") {
    CHECK(to_timestamp(at(1969y / 12 / 31, 23h + 59min + 59s + 500ms)) ==
          "1969-12-31T23:59:59.500Z");
}
