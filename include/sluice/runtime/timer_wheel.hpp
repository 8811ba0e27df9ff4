// SPDX-License-Identifier: Apache-2.0
// Coarse deadlines (10 ms) for many sockets: setting a later deadline is one store, the wheel moves
// the timer when it comes by. Time is handed in, so tests own it. Thread: the worker that owns the
// wheel.
#pragma once

#include "sluice/base/clock.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace sluice::runtime {

class timer_wheel;

/// One deadline, member of whatever waits. Removes itself from its wheel when destroyed.
class timer {
public:
    using callback = void (*)(timer&) noexcept;
    static constexpr time_point never = time_point::max();

    /// `fire` is called by the wheel once the deadline has passed; the timer is idle by then and
    /// may be armed again.
    explicit timer(callback fire) noexcept : fire_(fire) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer();

    time_point expires() const noexcept { return expires_; }
    /// Lets the deadline go: one store.
    void disarm() noexcept { expires_ = never; }

private:
    friend class timer_wheel;
    timer* next_ = nullptr;
    timer** link_ = nullptr;  // what points at this timer, while it is in a slot
    time_point expires_ = never;
    timer_wheel* wheel_ = nullptr;
    std::uint64_t due_tick_ = 0;
    callback fire_;
};

class timer_wheel {
public:
    static constexpr std::chrono::milliseconds tick{10};

    explicit timer_wheel(time_point now) noexcept : start_(now) {}
    ~timer_wheel();
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    /// Lets `one` fire once `when` has passed; replaces an earlier deadline. `never` disarms.
    void arm(timer& one, time_point when) noexcept;
    /// Fires what is due. Callbacks may arm and destroy timers.
    void advance(time_point now) noexcept;
    /// When advance() has something to look at next; timer::never when the wheel is empty.
    time_point next_due() const noexcept;

private:
    friend class timer;
    static constexpr std::size_t slots = 1024;

    std::uint64_t tick_of(time_point when) const noexcept;
    void link(timer& one, std::uint64_t due) noexcept;
    void unlink(timer& one) noexcept;

    time_point start_;
    std::uint64_t current_ = 0;  // ticks already advanced over
    std::array<timer*, slots> slots_{};
    std::array<std::uint64_t, slots / 64> occupied_{};
};

}  // namespace sluice::runtime
