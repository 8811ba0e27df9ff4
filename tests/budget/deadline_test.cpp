// SPDX-License-Identifier: Apache-2.0
// How long a worker asks the kernel to sleep: a turn that took its time makes no deadline late, and
// a quick one costs no second look at the clock.
#include "budget/calls.hpp"
#include "fake/loop.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using budget::counted;
using budget::counting;
using fake::stopped_clock;

namespace {

unsigned looks = 0;

sluice::time_point counted_clock() noexcept {
    ++looks;
    return stopped_clock::now();
}

/// A worker with one deadline; nothing really sleeps, since there is always a letter to read.
struct fixture {
    explicit fixture(sluice::duration due) : owner(0, counted_clock), deadline(ignore) {
        owner.timers().arm(deadline, owner.now() + due);
    }
    static void ignore(sluice::runtime::timer&) noexcept {}

    void turn_that_takes(sluice::duration time) {
        owner.post([time] { stopped_clock::advance(time); });
        owner.turn(sluice::runtime::timer::never);
    }
    int next_sleep() {
        owner.post([] {});
        counted = {};
        looks = 0;
        counting = true;
        owner.turn(sluice::runtime::timer::never);
        counting = false;
        return counted.longest_wait;
    }

    sluice::runtime::worker owner;
    sluice::runtime::timer deadline;
};

}  // namespace

TEST_CASE("a turn that took its time is taken from the sleep until the next deadline") {
    fixture f(80ms);
    f.turn_that_takes(30ms);
    CHECK(f.next_sleep() == 50);
}

TEST_CASE("after a turn longer than what was left nothing is slept") {
    fixture f(80ms);
    f.turn_that_takes(2s);
    CHECK(f.next_sleep() == 0);
}

TEST_CASE("far from a deadline the clock is read once a turn, and the loop wakes early enough") {
    fixture f(5s);
    f.turn_that_takes(40ms);
    CHECK(f.next_sleep() == 4950);
    CHECK(looks == 1);
    stopped_clock::advance(4950ms - 40ms);  // that sleep
    f.turn_that_takes(0ms);
    CHECK(f.next_sleep() == 50);
}
