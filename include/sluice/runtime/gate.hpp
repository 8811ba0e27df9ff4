// SPDX-License-Identifier: Apache-2.0
// Something one coroutine waits for, with a deadline: a direction of a socket (poll_set.hpp), or of
// one of the many streams that share a connection. Asking costs a flag in memory. Thread: one
// worker's.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/runtime/timer_wheel.hpp"

#include <coroutine>
#include <cstdint>

namespace sluice::runtime {

class readiness;
class worker;

/// Why a wait ended: it is worth trying (which may show that all is broken), the deadline passed,
/// or somebody called interrupt().
enum class wake : std::uint8_t { ready, expired, interrupted };

class gate : public timer {
public:
    explicit gate(worker& owner) noexcept : timer(expire), worker_(&owner) {}

    bool is_open() const noexcept { return open_; }
    /// The next wait ends at once. Nobody may be waiting now.
    void open() noexcept { open_ = true; }
    void close() noexcept { open_ = false; }
    /// Opens and wakes who waits.
    void raise() noexcept;

    /// `co_await` until open or until `deadline` passes. At most one coroutine waits at a time.
    readiness until(time_point deadline) noexcept;

    /// Ends the wait, this one and later ones, until resume_waits().
    void interrupt() noexcept;
    void resume_waits() noexcept { interrupted_ = false; }
    bool interrupted() const noexcept { return interrupted_; }

    worker& owner() const noexcept { return *worker_; }

private:
    friend class readiness;
    static void expire(timer&) noexcept;
    void finish(wake) noexcept;

    worker* worker_;
    std::coroutine_handle<> waiter_;
    wake why_ = wake::ready;
    bool open_ = false;
    bool interrupted_ = false;
};

/// Awaiter of a gate.
class readiness {
public:
    bool await_ready() noexcept;
    void await_suspend(std::coroutine_handle<> waiter) noexcept;
    wake await_resume() noexcept { return gate_.why_; }

private:
    friend class gate;
    readiness(gate& of, time_point deadline) noexcept : gate_(of), deadline_(deadline) {}
    gate& gate_;
    time_point deadline_;
};

inline readiness gate::until(time_point deadline) noexcept { return {*this, deadline}; }

}  // namespace sluice::runtime
