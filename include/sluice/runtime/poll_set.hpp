// SPDX-License-Identifier: Apache-2.0
// A worker's own edge-triggered epoll set. A socket is registered once; after that its readiness is
// a flag in memory, so asking costs no system call (measured: the difference between 0.95 and 0.72
// of nginx's CPU, docs/adr/0002). Thread: everything here belongs to the worker's thread.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/runtime/timer_wheel.hpp"

#include <coroutine>
#include <cstdint>
#include <vector>

namespace sluice::runtime {

class poll_set;
class worker;

/// Why a wait ended: the socket is ready (or broken, which the next call on it shows), the deadline
/// passed, or somebody called interrupt().
enum class wake : std::uint8_t { ready, expired, interrupted };

enum class direction : std::uint8_t { in, out };

/// Awaiter of one direction of one socket. At most one coroutine waits for a direction at a time.
class readiness;

/// One descriptor in a worker's set. Owns the descriptor: deregisters and closes it at the end of
/// its life.
class watched {
public:
    /// Registers `fd` (non-blocking) edge-triggered. `shared`: the descriptor is in several
    /// workers' sets (EPOLLEXCLUSIVE).
    enum class sharing : std::uint8_t { none, between_workers };
    watched(worker&, int fd, sharing = sharing::none);
    ~watched();
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;

    int fd() const noexcept { return fd_; }
    /// False when the set refused the descriptor (out of memory or watches): it can only be closed.
    bool registered() const noexcept { return registered_; }
    bool readable() const noexcept { return readable_; }
    bool writable() const noexcept { return writable_; }
    /// The other side sent its end, or the connection broke. Bytes sent before may still be unread.
    bool hung_up() const noexcept { return hung_up_; }
    /// The connection is gone in both directions (reset, or both ends shut).
    bool broken() const noexcept { return broken_; }

    void set_unreadable() noexcept { readable_ = false; }
    void set_unwritable() noexcept { writable_ = false; }
    /// For whoever holds bytes of this socket itself, such as a record of TLS that is already here:
    /// the next wait of that direction ends at once. Nobody may be waiting for it now.
    void set_readable() noexcept { readable_ = true; }
    void set_writable() noexcept { writable_ = true; }

    /// TLS may have to write before it can read on, or read before it can write: the next event of
    /// direction `d` also raises the flag of the other one and wakes who waits for it.
    void wakes_both(direction d) noexcept { (d == direction::in ? in_ : out_).wakes_both = true; }

    /// `co_await` until that direction is ready or `deadline` passes.
    readiness until(direction, time_point deadline) noexcept;

    /// Ends the waits of one direction, this one and later ones, until resume_waits().
    void interrupt(direction) noexcept;
    void resume_waits(direction) noexcept;

    /// Called once per hang-up seen by the set, from the set's dispatch: may only interrupt() and
    /// set flags.
    using hang_up_callback = void (*)(void* context) noexcept;
    void on_hang_up(hang_up_callback callback, void* context) noexcept {
        hang_up_callback_ = callback;
        hang_up_context_ = context;
    }

    worker& owner() const noexcept { return *worker_; }

private:
    friend class poll_set;
    friend class readiness;
    struct side : timer {
        explicit side(watched& of) noexcept : timer(expire), socket(of) {}
        watched& socket;
        std::coroutine_handle<> waiter;
        wake why = wake::ready;
        bool interrupted = false;
        bool wakes_both = false;
    };
    static void expire(timer&) noexcept;
    void finish_wait(side&, wake) noexcept;
    void on_events(std::uint32_t events) noexcept;
    void raise(bool& flag, side&) noexcept;
    side& of(direction d) noexcept { return d == direction::in ? in_ : out_; }

    worker* worker_;
    int fd_;
    bool registered_ = false;
    bool readable_ = false;  // the set reports what is there at registration
    bool writable_ = false;
    bool hung_up_ = false;
    bool broken_ = false;
    side in_;
    side out_;
    hang_up_callback hang_up_callback_ = nullptr;
    void* hang_up_context_ = nullptr;
};

class readiness {
public:
    bool await_ready() noexcept;
    void await_suspend(std::coroutine_handle<> waiter) noexcept;
    wake await_resume() noexcept { return side_.why; }

private:
    friend class watched;
    readiness(watched& socket, direction which, time_point deadline) noexcept
        : socket_(socket), side_(socket.of(which)), which_(which), deadline_(deadline) {}
    watched& socket_;
    watched::side& side_;
    direction which_;
    time_point deadline_;
};

/// The epoll descriptor. wait() turns kernel events into flags and queues waiters; it runs no other
/// code.
class poll_set {
public:
    poll_set();
    ~poll_set();
    poll_set(const poll_set&) = delete;
    poll_set& operator=(const poll_set&) = delete;

    int fd() const noexcept { return fd_; }
    /// Blocks until an event comes or `deadline`; a deadline in the past only looks.
    void wait(time_point now, time_point deadline) noexcept;

private:
    int fd_;
};

}  // namespace sluice::runtime
