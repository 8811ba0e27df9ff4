// SPDX-License-Identifier: Apache-2.0
// A worker whose turns and whose time a test owns: nothing blocks, nothing happens between two
// calls of settle(). For everything that waits on sockets or deadlines.
#pragma once

#include "sluice/runtime/task.hpp"
#include "sluice/runtime/worker.hpp"

#include <utility>

namespace fake {

/// Time that stands still until a test moves it; one per thread.
class stopped_clock {
public:
    static sluice::time_point now() noexcept { return at(); }
    static void advance(sluice::duration by) noexcept { at() += by; }

private:
    static sluice::time_point& at() noexcept {
        thread_local sluice::time_point now{std::chrono::hours{1}};
        return now;
    }
};

class loop {
public:
    explicit loop(unsigned index = 0) : worker(index, &stopped_clock::now) {}

    /// Turns until everything that was ready has run. One turn wakes those whom the one before
    /// wrote to, and no conversation here takes more rounds than that.
    void settle(int turns = 12) {
        for (int i = 0; i < turns; ++i)
            worker.turn(worker.now());
    }
    /// Moves time and lets happen what is due by then.
    void advance(sluice::duration by) {
        stopped_clock::advance(by);
        settle();
    }

    sluice::runtime::worker worker;
};

/// A little more than a deadline: the wheel fires within one of its ticks.
inline constexpr sluice::duration past = 2 * sluice::runtime::timer_wheel::tick;

}  // namespace fake
