// SPDX-License-Identifier: Apache-2.0
// One request of an HTTP/2 client and its answer: what the handler sees of it. Lives until its
// handler ended, whatever the client does meanwhile; used again for other requests. Private to
// http/h2.
#pragma once

#include "http/h2/response_writer.hpp"
#include "http/rate_guard.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/runtime/gate.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sluice::http::h2 {

class server_session;

class server_stream final : public client_stream {
public:
    explicit server_stream(runtime::worker&);
    ~server_stream() override;

    void begin(server_session&, std::int32_t id) noexcept;
    /// Ends what is borrowed; may begin() again.
    void end() noexcept;

    // The handler's side.
    const client_facts& client() const noexcept override;
    arena& room() noexcept override { return room_; }
    io_state take_body(chunk&) override;
    bool body_taken() const noexcept override { return body_taken_; }
    void give_up_body() override;
    void put_informational(const response_head&) override;
    void put_head(const response_head&, std::string_view request_id) override;
    void put_body(const chunk&) override;
    io_state flush() override;
    std::size_t largest_piece() const noexcept override { return byte_buffer::middle_block; }
    bool delivered() const noexcept override;
    runtime::readiness input() override;
    runtime::readiness output() override;
    void interrupt_input() noexcept override { in_gate_.interrupt(); }
    void resume_input() noexcept override { in_gate_.resume_waits(); }
    void interrupt_output() noexcept override { out_gate_.interrupt(); }
    void on_gone(gone_listener* listener) noexcept override { gone_listener_ = listener; }
    presence where() const noexcept override;
    void open_tunnel(std::chrono::milliseconds idle) override;
    void end_tunnel_output() override;
    void reset() noexcept override;
    errc fault() const noexcept override { return fault_; }
    std::string_view fault_detail() const noexcept override { return detail_; }
    std::uint64_t bytes_in() const noexcept override { return bytes_in_; }
    std::uint64_t bytes_out() const noexcept override { return bytes_out_; }

    // The session's side.
    std::int32_t id() const noexcept { return id_; }
    request_head& head() noexcept { return head_; }
    header_list& trailers() noexcept { return trailers_in_; }
    /// The texts of a field live as long as the exchange.
    void keep(nghttp2_rcbuf* name, nghttp2_rcbuf* value);
    /// The head is complete and good. `ended`: nothing follows it.
    void head_complete(bool ended) noexcept;
    /// A piece of the request body came. False when it is more than was announced.
    bool received(byte_view);
    /// The client ended its side. False when less came than was announced.
    bool received_end() noexcept;
    /// The request broke the rules: the answer, if any, does not matter any more.
    void malformed(std::string_view reason) noexcept;
    /// nghttp2 forgets the stream: both sides ended, or it was reset.
    void closed() noexcept;
    /// Is reset for what it holds, and holds it no more but for what the handler was lent.
    void makes_room() noexcept;
    /// The connection is gone, and the stream with it.
    void lost(errc why) noexcept;
    /// The end of a drain: who has seen nothing of an answer is still given one.
    void abort() noexcept;
    /// After its handler: whatever is left to be said to the client is said.
    void conclude() noexcept;

    /// How much of the response body nghttp2 may take; true when that is the end of it.
    struct offer {
        std::size_t bytes = 0;
        bool last = false;
    };
    offer offered(std::size_t most) const noexcept;
    void deferred() noexcept { deferred_ = true; }
    const header_list* trailers_out() const noexcept { return trailers_out_; }
    /// Moves `size` bytes of the response body into `out`.
    void pack(byte_buffer& out, std::size_t size);
    /// A head or trailers are among what is written / our end of the stream is.
    void head_packed() noexcept { ++heads_packed_; }
    void end_packed() noexcept { end_packed_ = true; }
    /// Bytes held for this stream.
    std::size_t memory() const noexcept {
        return body_.capacity() + lent_.capacity() + held_.capacity() + head_bytes_;
    }
    /// Of these, what a reset would free: nothing of a stream that is on its way out.
    std::size_t to_be_freed() const noexcept { return broken_ ? 0 : memory(); }
    void head_bytes(std::size_t size) noexcept { head_bytes_ = size; }
    bool is_closed() const noexcept { return closed_; }
    /// The answer waits, and for nothing but the client.
    bool waits_for_credit() const noexcept;
    /// Where this stands in the session's list.
    std::size_t position = 0;

private:
    bool pending() const noexcept {
        return heads_packed_ < heads_put_ || !held_.empty() || !piece_.empty() ||
               last_put_ != end_packed_;
    }
    bool is_over() const noexcept { return end_packed_ && end_seen_; }
    io_state fail_body(errc) noexcept;
    io_state wait_for_body() noexcept;
    void settle();
    void break_off() noexcept;
    void keep_trailers(const header_list&);
    bool is_too_slow() noexcept;
    void too_slow() noexcept;
    void look_at_clock() noexcept;

    // Looks whether the client lets the answer move. Not the deadline of the wait itself: of many
    // streams most only wait their turn.
    struct clock : runtime::timer {
        explicit clock(server_stream& of) noexcept : timer(fired), owner(of) {}
        static void fired(runtime::timer&) noexcept;
        server_stream& owner;
    };

    runtime::worker& worker_;
    server_session* session_ = nullptr;
    std::int32_t id_ = 0;
    runtime::gate in_gate_;
    runtime::gate out_gate_;
    request_head head_;
    arena room_;
    std::vector<nghttp2_rcbuf*> texts_;
    std::size_t head_bytes_ = 0;

    byte_buffer body_;  // came, and was not taken
    byte_buffer lent_;  // was handed out last
    header_list trailers_in_;
    std::uint64_t came_ = 0;
    rate_guard reading_;

    byte_buffer held_;  // to be sent, in front of piece_
    byte_view piece_;
    header_list trailers_kept_;
    const header_list* trailers_out_ = nullptr;
    std::size_t packed_ = 0;  // since the last flush
    unsigned heads_put_ = 0;
    unsigned heads_packed_ = 0;
    rate_guard writing_;  // while the client's window of this stream is used up
    clock clock_{*this};
    time_point slow_at_ = runtime::timer::never;  // unless the answer moves before

    gone_listener* gone_listener_ = nullptr;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    std::chrono::milliseconds tunnel_idle_{0};
    errc fault_ = errc::client_gone;
    std::string_view detail_;  // static text
    bool end_seen_ = false;    // the client ended its side
    bool body_taken_ = false;
    bool body_failed_ = false;
    bool body_unwanted_ = false;
    bool window_was_used_ = false;
    bool head_put_ = false;
    bool discard_body_ = false;  // an answer without content
    bool last_put_ = false;
    bool end_packed_ = false;  // our END_STREAM is among what is written
    bool deferred_ = false;
    bool tunnel_ = false;
    bool broken_ = false;
    bool aborted_ = false;
    bool closed_ = false;  // nghttp2 knows it no more
};

/// Streams to be used again, of one server.
class stream_pool {
public:
    explicit stream_pool(runtime::worker& owner) : worker_(owner) {}
    std::unique_ptr<server_stream> take();
    void give(std::unique_ptr<server_stream>) noexcept;

private:
    runtime::worker& worker_;
    std::vector<std::unique_ptr<server_stream>> spare_;
};

}  // namespace sluice::http::h2
