// SPDX-License-Identifier: Apache-2.0
// Tells whether every loop of the process still turns: each is asked, and only when all have
// answered is there a beat. Nothing of it is on the way of a request: idle loops are woken twice in
// the time allowed.
#pragma once

#include "sluice/runtime/worker.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace sluice::app {

/// Thread: control, whose loop is one of those that must turn. Workers answer from their threads: it
/// must outlive those.
class heartbeat {
public:
    struct ways {
        /// Lets a worker's loop call `told` in its next turn, on its own thread.
        std::function<void(unsigned worker, std::function<void()> told)> ask;
        /// All loops have turned since the last beat.
        std::function<void()> beat;
        /// This worker has not answered for a quarter of the time allowed. It may still.
        std::function<void(unsigned worker)> late;
    };

    heartbeat(runtime::worker& control, unsigned workers, ways);

    /// Beats from now on: every half of `allowed`, and later when a loop is late, in the moment it
    /// turns again.
    void start(std::chrono::microseconds allowed);

private:
    struct round_timer : runtime::timer {
        explicit round_timer(heartbeat& of) noexcept : timer(&fired), owner(of) {}
        static void fired(timer&) noexcept;
        heartbeat& owner;
    };
    void begin();
    void answered(unsigned worker);
    void tell_late();

    runtime::worker& control_;
    ways ways_;
    std::chrono::microseconds allowed_{0};
    time_point begun_{};
    std::vector<bool> has_answered_;
    unsigned missing_ = 0;  // of the round under way
    round_timer due_{*this};
};

}  // namespace sluice::app
