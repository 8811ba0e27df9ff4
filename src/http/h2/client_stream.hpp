// SPDX-License-Identifier: Apache-2.0
// One exchange with a node over a connection that others share: what HTTP/2 calls a stream. Made by
// client_session, leased by upstream/node_pool, used by the gateway through upstream_stream.
#pragma once

#include "http/h2/client_body.hpp"
#include "http/h2/client_response.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/runtime/gate.hpp"

#include <boost/smart_ptr/local_shared_ptr.hpp>

#include <cstdint>
#include <limits>

namespace sluice::http::h2 {

class client_session;

class client_stream final : public upstream_stream {
public:
    explicit client_stream(runtime::worker&);
    ~client_stream() override;

    /// Belongs to that connection, which it keeps alive, until leave().
    void join(boost::local_shared_ptr<client_session> on) noexcept;
    void leave() noexcept;
    const boost::local_shared_ptr<client_session>& session() const noexcept { return session_; }

    /// Starts an exchange. `bounds` limits heads and trailers.
    void begin(method verb, const limits& bounds);

    void put_head(const outgoing_request&) override;
    void put_body(const chunk&) override;
    /// done: the bytes left or were copied; they leave at the end of this turn of the loop.
    io_state flush() override;
    bool delivered() const noexcept override;
    io_state take_head(response_head&) override;
    io_state take_body(chunk&) override;
    runtime::readiness input(time_point deadline) override { return in_.until(deadline); }
    runtime::readiness output(time_point deadline) override { return out_.until(deadline); }
    /// What was put and neither left nor was copied never leaves.
    void interrupt() noexcept override;
    void open_tunnel() override {}
    void end_tunnel_output() override {}
    bool sent_any() const noexcept override;
    bool answered() const noexcept override { return answered_; }
    /// Nobody shares a stream: not giving it to anybody else is what always happens.
    void poison() noexcept override {}
    failure fault() const noexcept override { return fault_; }

private:
    friend class client_session;
    friend struct client_callbacks;

    // What the connection tells, in the order of a stream's life.
    void head_begins_at(std::uint64_t at) noexcept { head_at_ = at; }
    void packed_up_to(std::uint64_t at) noexcept { packed_to_ = at; }
    void section_begins();
    bool take_field(std::string_view name, std::string_view value);
    bool section_ends(bool last);
    void take_bytes(byte_view);
    void response_ends() noexcept;
    void stream_closed(std::uint32_t code) noexcept;
    /// The head could not be sent.
    void never_was() noexcept;
    /// The trailers could not be sent: the request has no end, and is cancelled.
    void trailers_lost() noexcept;
    void fail(const failure&) noexcept;
    /// False, for a callback to return: the response is not what it should be.
    bool refuse(std::string_view why) noexcept;

    std::size_t unsent() const noexcept { return copied_.size() + piece_.size(); }
    bool request_left() const noexcept { return request_left_; }
    bool response_over() const noexcept { return ended_; }
    void move_unsent(byte_buffer& to, std::size_t count);
    void widen_window(std::size_t taken);

    static constexpr auto nowhere = std::numeric_limits<std::uint64_t>::max();

    runtime::gate in_;
    runtime::gate out_;
    boost::local_shared_ptr<client_session> session_;
    client_response response_;
    client_body body_;
    byte_buffer copied_;  // of the request body: small pieces
    byte_view piece_;     // behind them: a large one, until it left
    header_list trailers_;
    arena trailer_texts_;
    failure fault_{errc::upstream_closed, blame::upstream};
    std::string_view wrong_;             // with the response; static text
    std::uint64_t head_at_ = nowhere;    // among the bytes of the connection
    std::uint64_t packed_to_ = nowhere;  // of them, what is this stream's ends here
    std::int32_t id_ = 0;                // 0: nothing was submitted
    std::int32_t window_ = 0;            // what the node may send before it is given more
    std::size_t drained_ = 0;            // taken since the window was set
    bool deferred_ = false;              // nghttp2 asked for bytes in vain
    bool request_ended_ = false;         // all of the body was put
    bool request_left_ = false;          // and taken by nghttp2
    bool cut_ = false;                   // some of it was lost on the way
    bool answered_ = false;
    bool ended_ = false;  // the response did, as it should
    bool closed_ = false;
    bool reset_by_node_ = false;
    bool failed_ = false;
};

}  // namespace sluice::http::h2
