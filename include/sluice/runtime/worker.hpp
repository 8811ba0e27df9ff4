// SPDX-License-Identifier: Apache-2.0
// One thread's event loop: sockets, deadlines and work posted by others. A request lives its whole
// life on one worker. Data workers call run(); the control thread lets Asio drive its worker
// instead (runtime/asio_loop.hpp).
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

/// Awaiter of worker::next_turn().
class turn_wait {
public:
    explicit turn_wait(worker& owner) noexcept : worker_(owner) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter);
    void await_resume() const noexcept {}

private:
    worker& worker_;
};

class worker {
public:
    using clock_source = time_point (*)() noexcept;

    /// `index` numbers the per-thread cells of telemetry. `clock` is read once a turn; tests hand
    /// in their own.
    explicit worker(unsigned index, clock_source clock = &steady_clock::now);
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    unsigned index() const noexcept { return index_; }
    poll_set& sockets() noexcept { return sockets_; }
    timer_wheel& timers() noexcept { return timers_; }
    /// The time at the start of this turn of the loop.
    time_point now() const noexcept { return now_; }
    /// The same moment by the calendar; asked for once a turn at most.
    std::chrono::system_clock::time_point wall_now() noexcept {
        if (wall_of_ != now_) {
            wall_now_ = std::chrono::system_clock::now();
            wall_of_ = now_;
        }
        return wall_now_;
    }

    /// Resumes `waiter` later in this turn. Thread: this worker's.
    void schedule(std::coroutine_handle<> waiter) { ready_.push_back(waiter); }

    /// `co_await next_turn()` goes on after the sockets were looked at again: for whoever could go
    /// on without ever waiting, because its reader and its writer both keep up. Cannot be
    /// interrupted.
    turn_wait next_turn() noexcept { return turn_wait(*this); }

    /// Runs `work` on this worker's thread, in the order posted. Any thread.
    void post(std::function<void()> work);

    /// Turns until stop(). Thread: becomes this worker's.
    void run();
    /// Ends run() after the current turn. Any thread.
    void stop();

    /// One turn: waits for events until `until` at the longest, fires deadlines, resumes who is
    /// ready.
    void turn(time_point until);
    /// When turn() has something to do at the latest; timer::never when only a socket can tell.
    time_point next_deadline() const noexcept { return next_.empty() ? timers_.next_due() : now_; }

private:
    friend class turn_wait;
    class mailbox;

    void run_ready();
    time_point wait_end(time_point due);

    unsigned index_;
    clock_source clock_;
    time_point now_;
    time_point wall_of_{};
    std::chrono::system_clock::time_point wall_now_;
    poll_set sockets_;
    timer_wheel timers_;
    std::vector<std::coroutine_handle<>> ready_;
    std::vector<std::coroutine_handle<>> next_;  // for the turn after this one
    std::unique_ptr<mailbox> mail_;
    bool stopped_ = false;
};

inline void turn_wait::await_suspend(std::coroutine_handle<> waiter) {
    worker_.next_.push_back(waiter);
}

}  // namespace sluice::runtime
