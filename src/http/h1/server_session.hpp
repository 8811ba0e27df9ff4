// SPDX-License-Identifier: Apache-2.0
// HTTP/1 on one client connection. Idle, it is the connection and the coroutine frame with this in
// it alone; buffers, head and arena are held only while a request is read or answered. Private to
// http.
#pragma once

#include "http/connection.hpp"
#include "http/h1/exchange_state.hpp"
#include "http/h1/send_queue.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"

namespace sluice::http::h1 {

class server_session final : public client_stream, public speaker {
public:
    explicit server_session(connection&);
    ~server_session() override;

    /// The whole life of an open connection; deletes it at its end.
    static runtime::task<> serve(std::unique_ptr<connection>);

    const client_facts& client() const noexcept override { return link_.facts(); }
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

    void drain() noexcept override;
    void abort() noexcept override;
    bool may_be_shed() const noexcept override {
        return idle_ && !first_request_ && !socket_.socket().readable();
    }
    void close_idle() noexcept override;

private:
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

    connection& link_;
    server& server_;
    const server_settings& settings_;  // of the accept: how its bytes are read
    runtime::worker& worker_;
    net::stream& socket_;
    byte_buffer in_;
    send_queue out_;
    std::unique_ptr<exchange_state> state_;
    gone_listener* gone_listener_ = nullptr;
    time_point head_started_;  // accept, first byte of a head, or the end of the last exchange
    std::chrono::milliseconds tunnel_idle_{0};
    errc fault_ = errc::client_gone;
    std::string_view refusal_;  // static text
    framing::kind response_framing_ = framing::kind::none;
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
