// SPDX-License-Identifier: Apache-2.0
// The seam between codecs and the gateway: any client codec meets any upstream codec only through
// these interfaces. Calls work on buffers and return at once; a wait is an awaiter, not a
// coroutine; a head and the first body bytes behind it leave in one write. Both directions may run
// at once. Thread: the worker of the connection.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/base/bytes.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/outgoing.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/runtime/poll_set.hpp"
#include "sluice/runtime/task.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sluice::http {

using net::io_state;

/// A piece of a body. A view, valid until the next call on the stream it came from; whoever keeps
/// bytes copies them.
struct chunk {
    byte_view bytes;
    bool last = false;
    const header_list* trailers = nullptr;  ///< with last, when there are any
};

/// Hears that the client left. Called from the event dispatch: may only interrupt waits and set
/// flags.
class gone_listener {
public:
    virtual void on_client_gone() noexcept = 0;

protected:
    ~gone_listener() = default;
};

/// Whether the client is still there. A client that shut its sending side may still be reading.
enum class presence : std::uint8_t { here, half_closed, gone };

/// Pieces up to this size are copied when put, so that many small ones leave in one write; not in
/// a tunnel.
inline constexpr std::size_t small_piece = 4096;

/// The client's side of one exchange, as a server codec offers it.
class client_stream {
public:
    virtual ~client_stream() = default;

    virtual const client_facts& client() const noexcept = 0;
    /// Texts that live as long as the exchange.
    virtual arena& room() noexcept = 0;

    /// The next piece of the request body. broken: fault() says why (the client left, malformed,
    /// too large, too slow).
    virtual io_state take_body(chunk&) = 0;
    /// True once the whole request body was taken.
    virtual bool body_taken() const noexcept = 0;

    /// Nobody will read the rest of the request body: what is here is dropped, and an answer put
    /// after this says close when more of it is still to come.
    virtual void give_up_body() = 0;

    /// Queues a 1xx head.
    virtual void put_informational(const response_head&) = 0;
    /// Queues the response head, framed as this client can read it.
    virtual void put_head(const response_head&, std::string_view request_id) = 0;
    /// Queues a piece of the response body. A large one, and one of a tunnel, is not copied: flush()
    /// before its stream is asked again.
    virtual void put_body(const chunk&) = 0;
    /// Writes what is queued. done: all of it left; blocked: await output() and flush again
    /// (back-pressure); broken: the client left. Afterwards no queued view is needed any more.
    virtual io_state flush() = 0;
    /// How much of a body is worth putting at once: whatever is not taken may have to be kept.
    virtual std::size_t largest_piece() const noexcept { return byte_buffer::large_block; }
    /// True once everything put was taken by the client's kernel. A system call.
    virtual bool delivered() const noexcept = 0;

    /// deadline: client_body_idle, or stream_idle in a tunnel
    virtual runtime::readiness input() = 0;
    /// deadline: client_write_idle, or stream_idle in a tunnel
    virtual runtime::readiness output() = 0;
    /// Ends a wait for input, this one and later ones until resume_input().
    virtual void interrupt_input() noexcept = 0;
    virtual void resume_input() noexcept = 0;
    /// Ends waits for output, this one and later ones of this exchange.
    virtual void interrupt_output() noexcept = 0;

    /// Who is told when the client leaves; nullptr for nobody.
    virtual void on_gone(gone_listener*) noexcept = 0;
    virtual presence where() const noexcept = 0;

    /// Turns the connection into a byte tunnel after a 101 was put: bodies are raw bytes both ways.
    virtual void open_tunnel(std::chrono::milliseconds idle) = 0;
    /// In a tunnel: sends our end, reading goes on.
    virtual void end_tunnel_output() = 0;

    /// Ends the exchange visibly broken: the client cannot take what it got for whole.
    virtual void reset() noexcept = 0;
    virtual errc fault() const noexcept = 0;
    /// What exactly was wrong with the request body, static text; may be empty.
    virtual std::string_view fault_detail() const noexcept = 0;

    virtual std::uint64_t bytes_in() const noexcept = 0;   ///< request body bytes taken
    virtual std::uint64_t bytes_out() const noexcept = 0;  ///< response body bytes put
};

/// A node's side of one attempt, as an upstream codec offers it.
class upstream_stream {
public:
    virtual ~upstream_stream() = default;

    virtual void put_head(const outgoing_request&) = 0;
    virtual void put_body(const chunk&) = 0;
    virtual io_state flush() = 0;
    /// True once everything put was taken by the node's kernel. A system call.
    virtual bool delivered() const noexcept = 0;

    /// The next head: 1xx ones too, then the final one. Valid until the first take_body. broken:
    /// fault() says why.
    virtual io_state take_head(response_head&) = 0;
    virtual io_state take_body(chunk&) = 0;
    /// Nothing that was taken of the body is looked at any more: buffers without bytes go back.
    virtual void let_go() noexcept {}

    virtual runtime::readiness input(time_point deadline) = 0;
    virtual runtime::readiness output(time_point deadline) = 0;
    /// Ends waits in both directions, these and later ones.
    virtual void interrupt() noexcept = 0;

    virtual void open_tunnel() = 0;
    virtual void end_tunnel_output() = 0;

    /// Any byte of the request reached the kernel / any byte of an answer came back.
    virtual bool sent_any() const noexcept = 0;
    virtual bool answered() const noexcept = 0;
    /// The connection must not serve another request.
    virtual void poison() noexcept = 0;
    virtual failure fault() const noexcept = 0;
};

/// A message the codec answered itself because it never became a request.
struct refusal {
    errc code;
    std::string_view reason;  ///< static text
    std::string_view request_id;
    const client_facts& client;
};

/// Whom a server codec calls: the gateway, the admin API.
class request_handler {
public:
    virtual ~request_handler() = default;

    /// Answers one request. The codec reads the next one when this ends.
    virtual runtime::task<> handle(request_head&, client_stream&) = 0;
    /// The codec refused a message; for the log and the metrics.
    virtual void refused(const refusal&) noexcept = 0;
    /// A connection ended before a request could come over it, and nothing was answered; for the
    /// metrics.
    virtual void turned_away(errc) noexcept {}
};

}  // namespace sluice::http
