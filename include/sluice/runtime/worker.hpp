// SPDX-License-Identifier: Apache-2.0
// One thread's event loop: sockets, deadlines and work posted by others. A request lives its whole life on one worker.
// Data workers call run(); the control thread lets Asio drive its worker instead (runtime/control.hpp).
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/runtime/poll_set.hpp"
#include "sluice/runtime/timer_wheel.hpp"

#include <coroutine>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::runtime {

class worker {
public:
    using clock_source = time_point (*)() noexcept;

    /// `index` numbers the per-thread cells of telemetry. `clock` is read once a turn; tests hand in their own.
    explicit worker(unsigned index, clock_source clock = &steady_clock::now);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    unsigned index() const noexcept { return index_; }
    poll_set& sockets() noexcept { return sockets_; }
    timer_wheel& timers() noexcept { return timers_; }
    /// The time at the start of this turn of the loop.
    time_point now() const noexcept { return now_; }

    /// Resumes `waiter` later in this turn. Thread: this worker's.
    void schedule(std::coroutine_handle<> waiter) { ready_.push_back(waiter); }

    /// Runs `work` on this worker's thread, in the order posted. Any thread.
    void post(std::function<void()> work);

    /// Turns until stop(). Thread: becomes this worker's.
    void run();
    /// Ends run() after the current turn. Any thread.
    void stop();

    /// One turn: waits for events until `until` at the longest, fires deadlines, resumes who is ready.
    void turn(time_point until);
    /// When the next deadline of this worker is due.
    time_point next_deadline() const noexcept { return timers_.next_due(); }

private:
    class mailbox;

    void run_ready();

    unsigned index_;
    clock_source clock_;
    time_point now_;
    poll_set sockets_;
    timer_wheel timers_;
    std::vector<std::coroutine_handle<>> ready_;
    std::unique_ptr<mailbox> mail_;
    bool stopped_ = false;
};

} // namespace sluice::runtime
