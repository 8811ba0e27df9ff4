// SPDX-License-Identifier: Apache-2.0
// One client connection. Idle, it is this object and its coroutine frame alone; buffers, head and
// arena are held only while a request is read or answered. Private to http/h1.
#pragma once

#include "http/h1/chunked.hpp"
#include "http/h1/parse.hpp"
#include "http/h1/rate_guard.hpp"
#include "http/h1/send_queue.hpp"
#include "http/h1/server.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"

#include <string>

namespace sluice::http::h1 {

/// What a connection needs only while an exchange is under way.
struct exchange_state {
    request_head head;
    arena room;
    chunk_decoder decoder;
    scan_position scan;
    byte_buffer body;  // request body bytes, once the head's buffer is full
    std::uint64_t body_left = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    rate_guard reading;
    rate_guard writing;

    void clear();
};

class server_session final : public client_stream {
public:
    server_session(server&, runtime::worker&, int fd, const net::address& client);
    ~server_session() override;

    /// The whole life of the connection; deletes the session at its end.
    static runtime::task<> serve(std::unique_ptr<server_session> self);

    const client_facts& client() const noexcept override { return facts_; }
    arena& room() noexcept override { return state_->room; }
    io_state take_body(chunk&) override;
    bool body_taken() const noexcept override { return body_taken_; }
    void give_up_body() override;
    void put_informational(const response_head&) override;
    void put_head(const response_head&, std::string_view request_id) override;
    void put_body(const chunk&) override;
    io_state flush() override;
    bool delivered() const noexcept override { return out_.empty() && socket_.delivered(); }
    runtime::readiness input() override;
    runtime::readiness output() override;
    void interrupt_input() noexcept override { socket_.interrupt(runtime::direction::in); }
    void resume_input() noexcept override { socket_.resume_waits(runtime::direction::in); }
    void interrupt_output() noexcept override { socket_.interrupt(runtime::direction::out); }
    void on_gone(gone_listener* listener) noexcept override { gone_listener_ = listener; }
    presence where() const noexcept override;
    void open_tunnel(std::chrono::milliseconds idle) override;
    void end_tunnel_output() override { socket_.shut_write(); }
    void reset() noexcept override;
    errc fault() const noexcept override { return fault_; }
    std::string_view fault_detail() const noexcept override { return refusal_; }
    std::uint64_t bytes_in() const noexcept override { return state_->bytes_in; }
    std::uint64_t bytes_out() const noexcept override { return state_->bytes_out; }

    bool idle() const noexcept { return idle_; }
    /// Kept open after a request, with nothing of the next one here: clients expect such a
    /// connection to end.
    bool may_be_shed() const noexcept {
        return idle_ && !first_request_ && !socket_.socket().readable();
    }
    /// Where this session stands in the server's list.
    std::size_t position() const noexcept { return position_; }
    void set_position(std::size_t position) noexcept { position_ = position; }
    /// Ends the wait for the next request.
    void close_idle() noexcept;
    /// Breaks the connection in whatever it does. A request whose answer has not begun is told so
    /// if that takes no waiting.
    void abort() noexcept;

private:
    void identify(const net::address& client);
    time_point opening_deadline(std::chrono::milliseconds allowed) const noexcept;
    runtime::task<> take_proxy_header();
    void proxy_header_is_late();
    bool proxy_header_step();
    void turn_away(errc, std::string_view why);

    runtime::task<> shake_hands();
    runtime::readiness handshake_wait() noexcept;
    io_state handshake_step();
    void handshake_ended(io_state);
    void handshake_failed(std::string_view why) noexcept;
    void count(const std::shared_ptr<telemetry::counter>&) noexcept;
    runtime::task<> let_end_arrive();
    bool drop_ciphertext(std::size_t& most) noexcept;

    enum class reading { blocked, complete, refused, ended };

    reading read_head();
    reading read_on(runtime::wake);
    time_point head_deadline() const noexcept;
    void begin_exchange();
    void take_latest();
    bool end_exchange();
    void rest();
    void refuse();
    bool must_linger() const noexcept;
    runtime::task<> linger();
    bool drop_input() noexcept;

    net::io_result fill(byte_buffer&);
    byte_buffer& body_source();
    io_state more_body(byte_buffer&);
    void rest_body() noexcept;
    io_state take_counted(chunk&);
    io_state take_chunked(chunk&);
    io_state take_raw(chunk&);
    void drop_buffered_body();
    io_state fail(errc) noexcept;       // the connection is of no more use
    io_state fail_body(errc) noexcept;  // the request body is; an answer may still be written

    static void hang_up(void* self) noexcept;

    server& server_;
    std::shared_ptr<const server_settings> settings_;  // of the accept: how its bytes are read
    std::shared_ptr<const server_settings> latest_;    // what the listener is by now
    runtime::worker& worker_;
    net::stream socket_;
    byte_buffer in_;
    send_queue out_;
    std::unique_ptr<exchange_state> state_;
    gone_listener* gone_listener_ = nullptr;
    client_facts facts_;
    net::address client_;
    std::string ip_;
    std::string address_;
    std::string subject_;
    std::size_t position_ = 0;
    time_point head_started_;  // accept, first byte of a head, or the end of the last exchange
    std::chrono::milliseconds tunnel_idle_{0};
    errc fault_ = errc::client_gone;
    std::string_view refusal_;  // static text
    framing::kind response_framing_ = framing::kind::none;
    bool unnamed_ = false;  // behind a PROXY header that names nobody
    bool first_request_ = true;
    bool idle_ = false;
    bool body_taken_ = false;
    bool body_begun_ = false;
    bool continue_sent_ = false;
    bool response_begun_ = false;
    bool response_done_ = false;
    bool keep_open_ = true;
    bool broken_ = false;
    bool aborted_ = false;
    bool ended_ = false;  // the client sent its orderly end
    bool tunnel_ = false;
    bool discard_body_ = false;  // the answer to HEAD has none
};

}  // namespace sluice::http::h1
