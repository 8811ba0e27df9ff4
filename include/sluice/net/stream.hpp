// SPDX-License-Identifier: Apache-2.0
// The one concrete byte stream between a codec and the kernel: TCP or Unix, plain or with TLS
// inside. Calls return at once; when one says blocked, await readable() or writable(). Thread: the
// worker that owns it.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/base/error.hpp"
#include "sluice/net/io_state.hpp"
#include "sluice/runtime/poll_set.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace sluice::net {

class tls_session;

class stream {
public:
    /// Takes the connected (or connecting) non-blocking socket `fd` into `owner`'s set.
    stream(runtime::worker& owner, int fd);
    ~stream();
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    /// Speaks TLS from now on, before any byte was read or written: handshake() must be done before
    /// read() and write() may be called. False when out of memory.
    bool secure(std::unique_ptr<tls_session>) noexcept;
    /// Goes on with the handshake. blocked: await handshake_step(). broken: tls()->failure() says
    /// why.
    io_state handshake() noexcept;
    /// Awaits what the handshake waits for; both directions may be interrupted.
    runtime::readiness handshake_step(time_point deadline) noexcept;
    /// Null on a plain connection.
    const tls_session* tls() const noexcept { return tls_.get(); }

    /// Reads once. A short read clears the readable flag, so the next call says blocked without
    /// asking the kernel. With TLS the end without close_notify is broken, not the orderly end.
    io_result read(mutable_bytes room) noexcept;

    /// True when read() would say blocked without asking anybody: room need not be found for it.
    bool has_nothing_to_read() const noexcept { return !tls_ && !socket_.readable(); }

    /// Writes the pieces in order with one call (with TLS: one a record); may write less than all.
    /// After blocked the same bytes must come first again, wherever they lie then.
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
    /// How many of the bytes written were not: of TLS, with what it adds. A system call.
    std::size_t unacknowledged() const noexcept;
    /// Ends both directions at once, for a connection that somebody still has to hold: its node or
    /// client is answered by a reset if it goes on.
    void abandon() noexcept;

    /// Sends our end, with TLS close_notify before it; reading goes on. blocked (TLS only): there
    /// was no room for close_notify; await writable() and call again, or read on, which sends it
    /// when it can.
    io_state shut_write() noexcept;
    /// Makes the coming close a reset, so that the other side cannot take what it got for whole.
    void reset_on_close() noexcept;

    /// True when an unused connection must not be used again: the other side ended it, or sent
    /// something unasked. Costs no system call while nothing came: it reads the flags. What came
    /// on a TLS connection is looked at, since a session ticket is no reason.
    bool stale() noexcept;

    runtime::watched& socket() noexcept { return socket_; }
    const runtime::watched& socket() const noexcept { return socket_; }

private:
    runtime::watched socket_;
    std::unique_ptr<tls_session> tls_;  // goes first: it says goodbye on the socket
};

}  // namespace sluice::net
