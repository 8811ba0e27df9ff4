// SPDX-License-Identifier: Apache-2.0
// The one concrete byte stream between a codec and the kernel: TCP or Unix. Calls return at once;
// when one says blocked, await readable() or writable(). Thread: the worker that owns it.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/base/error.hpp"
#include "sluice/runtime/poll_set.hpp"

#include <cstddef>
#include <span>

namespace sluice::net {

enum class io_state : std::uint8_t { done, blocked, broken };

/// What a read or a write did. `bytes` counts with done; a read of 0 bytes with done is the orderly
/// end.
struct io_result {
    io_state state = io_state::done;
    std::size_t bytes = 0;
};

class stream {
public:
    /// Takes the connected (or connecting) non-blocking socket `fd` into `owner`'s set.
    stream(runtime::worker& owner, int fd) : socket_(owner, fd) {}

    /// Reads once. A short read clears the readable flag, so the next call says blocked without
    /// asking the kernel.
    io_result read(mutable_bytes room) noexcept;

    /// Writes the pieces in order with one call; may write less than all.
    io_result write(std::span<const byte_view> pieces) noexcept;

    runtime::readiness readable(time_point deadline) noexcept {
        return socket_.until(runtime::direction::in, deadline);
    }
    runtime::readiness writable(time_point deadline) noexcept {
        return socket_.until(runtime::direction::out, deadline);
    }

    /// Ends waits with wake::interrupted, from now until resume_waits().
    void interrupt(runtime::direction which) noexcept { socket_.interrupt(which); }
    void resume_waits(runtime::direction which) noexcept { socket_.resume_waits(which); }

    /// True once everything written was taken by the other side's kernel (over a Unix socket: by
    /// the other side). A system call.
    bool delivered() const noexcept;

    /// Sends our end; reading goes on.
    void shut_write() noexcept;
    /// Makes the coming close a reset, so that the other side cannot take what it got for whole.
    void reset_on_close() noexcept;

    /// True when an unused connection must not be used again: the other side ended it, or sent
    /// something unasked. Costs no system call: it reads the flags.
    bool stale() const noexcept { return socket_.readable() || socket_.hung_up(); }

    runtime::watched& socket() noexcept { return socket_; }
    const runtime::watched& socket() const noexcept { return socket_; }

private:
    runtime::watched socket_;
};

}  // namespace sluice::net
