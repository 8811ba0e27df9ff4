// SPDX-License-Identifier: Apache-2.0
// A worker's own edge-triggered epoll set. A socket is registered once; after that its readiness is
// a flag in memory, so asking costs no system call (measured: the difference between 0.95 and 0.72
// of nginx's CPU, docs/adr/0002). Thread: everything here belongs to the worker's thread.
#pragma once

#include "sluice/base/clock.hpp"
#include "sluice/runtime/gate.hpp"

#include <cstdint>

namespace sluice::runtime {

class poll_set;
class worker;

enum class direction : std::uint8_t { in, out };

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
    bool readable() const noexcept { return in_.is_open(); }
    bool writable() const noexcept { return out_.is_open(); }
    /// The other side sent its end, or the connection broke. Bytes sent before may still be unread.
    bool hung_up() const noexcept { return hung_up_; }
    /// The connection is gone in both directions (reset, or both ends shut).
    bool broken() const noexcept { return broken_; }

    void set_unreadable() noexcept { in_.close(); }
    void set_unwritable() noexcept { out_.close(); }
    /// For whoever holds bytes of this socket itself, such as a record of TLS that is already here:
    /// the next wait of that direction ends at once. Nobody may be waiting for it now.
    void set_readable() noexcept { in_.open(); }
    void set_writable() noexcept { out_.open(); }

    /// TLS may have to write before it can read on, or read before it can write: the next event of
    /// direction `d` also raises the flag of the other one and wakes who waits for it.
    void wakes_both(direction d) noexcept {
        (d == direction::in ? in_wakes_both_ : out_wakes_both_) = true;
    }

    /// `co_await` until that direction is ready or `deadline` passes.
    readiness until(direction d, time_point deadline) noexcept { return of(d).until(deadline); }

    /// Ends the waits of one direction, this one and later ones, until resume_waits().
    void interrupt(direction d) noexcept { of(d).interrupt(); }
    void resume_waits(direction d) noexcept { of(d).resume_waits(); }

    /// Called once per hang-up seen by the set, from the set's dispatch: may only interrupt() and
    /// set flags.
    using hang_up_callback = void (*)(void* context) noexcept;
    void on_hang_up(hang_up_callback callback, void* context) noexcept {
        hang_up_callback_ = callback;
        hang_up_context_ = context;
    }

    worker& owner() const noexcept { return in_.owner(); }

private:
    friend class poll_set;
    void on_events(std::uint32_t events) noexcept;
    gate& of(direction d) noexcept { return d == direction::in ? in_ : out_; }

    int fd_;
    bool registered_ = false;
    bool in_wakes_both_ = false;
    bool out_wakes_both_ = false;
    bool hung_up_ = false;
    bool broken_ = false;
    gate in_;  // closed at first: the set reports what is there at registration
    gate out_;
    hang_up_callback hang_up_callback_ = nullptr;
    void* hang_up_context_ = nullptr;
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
