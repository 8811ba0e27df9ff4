// SPDX-License-Identifier: Apache-2.0
// HTTP/2 on one client connection. nghttp2 is fed what was read and drained of what is to be
// written (docs/adr/0014); a reader, a writer and one handler a request are the coroutines. Private
// to http.
#pragma once

#include "http/connection.hpp"
#include "http/h2/abuse_score.hpp"
#include "http/h2/request_reader.hpp"
#include "http/h2/response_writer.hpp"
#include "http/h2/server_stream.hpp"
#include "http/h2/session_ptr.hpp"
#include "http/h2/stream_numbers.hpp"
#include "http/rate_guard.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

namespace sluice::http::h2 {

static_assert(std::tuple_size_v<decltype(server_settings::abuses)> == abuse_kinds);

class server_session final : public speaker {
public:
    explicit server_session(connection&);
    ~server_session();

    /// The whole life of an open connection; deletes it at its end.
    static runtime::task<> serve(std::unique_ptr<connection>);

    void drain() noexcept override;
    void abort() noexcept override;
    bool may_be_shed() const noexcept override;
    void close_idle() noexcept override;

private:
    friend class server_stream;
    friend struct server_callbacks;

    // A deadline of the session's own: one timer that looks at all of them.
    struct clock : runtime::timer {
        explicit clock(server_session& of) noexcept : timer(fired), owner(of) {}
        static void fired(runtime::timer&) noexcept;
        server_session& owner;
    };

    enum class content : std::uint8_t { none, follows };

    // A large block, with room for one more frame.
    static constexpr std::size_t high_water = byte_buffer::large_block - 16 * 1024 - 9;

    bool start();

    // Reading.
    enum class reading : std::uint8_t { blocked, more, over };
    reading read_some();
    bool feed(byte_view);
    bool is_over() const noexcept;
    void start_handlers();
    static runtime::task<> answer(server_session&, std::unique_ptr<server_stream>);
    static runtime::task<> refuse(server_session&, std::unique_ptr<server_stream>, judgement);
    void handler_ended(std::unique_ptr<server_stream>) noexcept;

    // Frames, called by nghttp2 while it is fed.
    int on_frame_begins(const nghttp2_frame_hd&);
    int on_headers_begin(const nghttp2_frame&);
    int on_header(nghttp2_rcbuf* name, nghttp2_rcbuf* value);
    int on_frame(const nghttp2_frame&);
    int on_content(std::int32_t id, byte_view);
    void on_stream_closed(std::int32_t id) noexcept;
    int on_sent(const nghttp2_frame&);
    ssize_t on_read(std::int32_t id, std::size_t most, std::uint32_t& flags);
    int on_send_content(std::int32_t id, byte_view frame_head, std::size_t size);
    void head_ended(const nghttp2_frame&);
    void trailers_ended(const nghttp2_frame&);
    void stop_reading_for(const server_stream&) noexcept;
    void pay_reset(std::int32_t id) noexcept;
    void reset_malformed(std::int32_t id, server_stream*, std::string_view reason);
    bool may_begin_stream() const noexcept;
    int count(abuse);
    bool tell(abuse);
    void goaway_went_out(const nghttp2_goaway&);
    void flooded(abuse);
    server_stream* stream_of(std::int32_t id) const noexcept;

    // Writing.
    static runtime::task<> write_on(server_session&);
    void waited_to_write(runtime::wake) noexcept;
    bool gather();
    io_state write_once();
    std::chrono::milliseconds write_patience() const noexcept;
    void say_last_words() noexcept;
    void wake_writer() noexcept { work_.raise(); }
    void send_now();

    // What streams ask.
    void submit_head(server_stream&, response_writer::pairs, content);
    void submit_informational(server_stream&, response_writer::pairs);
    void give_up(server_stream&) noexcept;
    void resume(server_stream&) noexcept;
    void reset(server_stream&, std::uint32_t code) noexcept;
    void consumed(server_stream&, std::size_t bytes) noexcept;
    bool window_is_used(const server_stream&) const noexcept;
    void double_window(server_stream&) noexcept;
    std::size_t memory() const noexcept;
    bool holds_too_much() const noexcept;
    void keep_within_memory() noexcept;
    bool has_no_credit() const noexcept;
    void wait_for_credit_begins() noexcept;
    void watch_credit() noexcept;
    bool credit_is_overdue() const noexcept;

    // The end.
    void go_away() noexcept;
    connection::patience patience_left() const noexcept;
    void lose(errc why) noexcept;
    void end_streams() noexcept;
    void nudge() noexcept;
    void look_at_clock() noexcept;
    void arm(time_point due) noexcept;
    time_point idle_due() const noexcept;

    connection& link_;
    server& server_;
    const server_settings& settings_;
    runtime::worker& worker_;
    net::stream& socket_;
    nghttp2_ptr<nghttp2_session> nghttp2_;
    request_reader reader_;
    response_writer writer_;
    byte_buffer out_;
    runtime::gate work_;  // open: the writer has something to do
    runtime::event writer_ended_;
    runtime::event handlers_ended_;
    clock clock_;
    abuse_score score_;
    stream_numbers numbers_;

    std::size_t widest_window_;  // any stream was given
    rate_guard writing_;         // while the socket takes no more
    rate_guard granting_;        // while the client's window of the connection is used up
    std::size_t granted_ = 0;    // and used since that was looked at
    time_point used_at_{};       // when last

    std::unique_ptr<server_stream> arriving_;  // whose head is being read
    server_stream* reading_for_ = nullptr;     // whose head or trailers are being read; or nobody's
    header_list ignored_;                      // the fields of nobody's block
    struct owed_reset {
        std::int32_t id = 0;
        std::uint32_t code = 0;
    };
    owed_reset owed_;  // once the block that is being read has ended
    struct begun {
        std::unique_ptr<server_stream> stream;
        judgement how;
    };
    std::vector<begun> begun_;  // complete heads, handled once nghttp2 was fed
    std::vector<server_stream*> running_;

    time_point head_began_{};  // of an incomplete header block
    time_point idle_since_;
    time_point leaves_at_;  // told to go on over another connection from then on
    time_point drain_began_{};
    errc lost_why_ = errc::client_gone;
    bool had_request_ = false;
    bool settings_acked_ = false;
    bool window_changed_ = false;  // by SETTINGS among what was fed last
    bool draining_ = false;
    bool goaway_sent_ = false;
    bool told_to_calm_down_ = false;
    bool last_words_ = false;  // the writer writes what is left and ends
    bool blocked_ = false;     // the socket takes no more
    bool lost_ = false;
    bool aborted_ = false;
    bool hurried_ = false;  // the end waits for nobody
    bool failed_ = false;   // the client broke the protocol
    bool cut_ = false;
};

}  // namespace sluice::http::h2
