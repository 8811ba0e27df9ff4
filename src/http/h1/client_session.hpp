// SPDX-License-Identifier: Apache-2.0
// One HTTP/1 connection to a node: writes requests, reads responses, knows whether it may serve
// another. Used by upstream/node_pool, which owns it, and by the gateway through upstream_stream.
#pragma once

#include "http/h1/chunked.hpp"
#include "http/h1/parse.hpp"
#include "http/h1/send_queue.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"

#include <memory>

namespace sluice::http::h1 {

class client_session final : public upstream_stream {
public:
    /// Takes a connected stream.
    explicit client_session(std::unique_ptr<net::stream>);
    ~client_session() override;

    /// Starts another exchange on this connection. `bounds` limits heads and trailers. Of a body no
    /// more than `largest_piece` is read at once.
    void begin(method verb, const limits& bounds,
               std::size_t largest_piece = byte_buffer::large_block);

    void put_head(const outgoing_request&) override;
    void put_body(const chunk&) override;
    io_state flush() override;
    bool delivered() const noexcept override { return out_.empty() && socket_->delivered(); }
    io_state take_head(response_head&) override;
    io_state take_body(chunk&) override;
    void let_go() noexcept override;
    runtime::readiness input(time_point deadline) override { return socket_->readable(deadline); }
    runtime::readiness output(time_point deadline) override { return socket_->writable(deadline); }
    void interrupt() noexcept override;
    void open_tunnel() override;
    void end_tunnel_output() override {
        poisoned_ = true;
        socket_->shut_write();
    }
    bool sent_any() const noexcept override { return sent_any_; }
    bool answered() const noexcept override { return answered_; }
    void poison() noexcept override { poisoned_ = true; }
    failure fault() const noexcept override { return fault_; }

    /// Both messages ended where they said they would and nothing came behind them.
    bool reusable() noexcept;
    /// While unused: the node ended it or spoke unasked.
    bool stale() noexcept { return socket_->stale(); }
    /// What TLS says about its own end, for logs; empty on plain connections and sound ones.
    std::string_view tls_failure() const noexcept;
    /// Gives the buffers back while the connection is idle.
    void rest();

private:
    net::io_result fill();
    net::io_result read();
    void make_room();
    io_state more_body();
    void response_head_read(response_head&);
    io_state take_counted(chunk&);
    io_state take_chunked(chunk&);
    io_state take_rest(chunk&);
    io_state fail(errc, std::string_view stage) noexcept;
    errc why_closed() const noexcept;

    std::unique_ptr<net::stream> socket_;
    byte_buffer in_;
    send_queue out_;
    chunk_decoder decoder_;
    scan_position scan_;
    limits bounds_;  // its own: a stream outlasts the table they came from
    std::uint64_t body_left_ = 0;
    failure fault_{errc::upstream_closed, blame::upstream};
    std::size_t largest_piece_ = 0;  // of the body
    std::size_t head_bytes_ = 0;     // of the head being looked at, still in in_
    method verb_ = method::get;
    framing::kind request_framing_ = framing::kind::none;
    framing::kind response_framing_ = framing::kind::none;
    bool request_done_ = false;
    bool response_done_ = false;
    bool sent_any_ = false;
    bool answered_ = false;
    bool reads_fill_ = false;  // the last read took all the room there was
    bool poisoned_ = false;
    bool broken_ = false;
    bool ended_ = false;  // the node sent its orderly end
    bool tunnel_ = false;
};

}  // namespace sluice::http::h1
