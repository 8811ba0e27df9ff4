// SPDX-License-Identifier: Apache-2.0
// The bytes of a shared connection. Nothing but the two coroutines calls nghttp2_session_mem_recv()
// and _mem_send(), and neither inside a callback of the other; leave() sends its
// goodbye from outside of both.
#include "http/h2/client_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <nghttp2/nghttp2.h>

#include <utility>

namespace sluice::http::h2 {

namespace {

// Bytes moved without a wait before others have their turn, as proxy/exchange has it.
constexpr std::size_t turn_share = 512 * 1024;

// Frames of ours that may wait to be sent beside one of each stream. Whoever makes us answer more
// than that does not read the answers; nghttp2 bounds those to PING and SETTINGS alone.
constexpr std::size_t most_answers = 1000;

}  // namespace

net::io_result client_session::read() {
    if (socket_->has_nothing_to_read())
        return {net::io_state::blocked, 0};
    if (std::exchange(reads_fill_, false))
        in_.reserve(byte_buffer::large_block);
    const auto room = in_.room();
    const auto got = socket_->read(room);
    if (got.state == net::io_state::done) {
        in_.commit(got.bytes);
        reads_fill_ = got.bytes == room.size();
    }
    return got;
}

bool client_session::answers_pile_up() const noexcept {
    return ::nghttp2_session_get_outbound_queue_size(speaks_.get()) > most_answers + most_streams;
}

void client_session::take_in() {
    heard_ = worker_.now();
    const auto bytes = in_.view();
    const auto taken = ::nghttp2_session_mem_recv(
        speaks_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const bool good = taken >= 0 && manners_.read(bytes.size(), heard_) && !answers_pile_up();
    in_.clear();
    if (!good)
        return lose(errc::bad_upstream_message, "malformed HTTP/2");
    if (::nghttp2_session_want_write(speaks_.get()) != 0)
        want_write();
}

runtime::task<> client_session::read_on(pointer self) {
    auto& s = *self;
    std::size_t moved = 0;
    while (!s.over_) {
        const auto got = s.read();
        if (got.state == net::io_state::blocked) {
            s.in_.release();
            moved = 0;
            co_await s.socket_->readable(runtime::timer::never);
            continue;
        }
        if (got.state == net::io_state::broken || got.bytes == 0) {
            s.lose(s.why_closed(), "connection closed");
        } else {
            s.take_in();
            moved += got.bytes;
        }
        if (s.lost_)
            break;
        s.tell_owner();
        if (moved >= turn_share) {
            moved = 0;
            co_await s.worker_.next_turn();
        }
    }
    s.end_waits();
    s.tell_owner();
}

runtime::task<> client_session::write_on(pointer self) {
    auto& s = *self;
    while (!s.over_) {
        co_await s.wanted_.until(runtime::timer::never);
        if (s.over_ || s.lost_)
            break;
        s.wanted_.close();
        co_await s.write_all();
        if (s.violated_)
            s.lose(errc::bad_upstream_message, s.settings_seen_ ? "malformed HTTP/2" : "no HTTP/2");
        if (s.lost_)
            s.end_waits();
        s.tell_owner();
    }
}

runtime::task<> client_session::write_all() {
    for (std::size_t moved = 0; !over_ && !lost_ && !write_broken_;) {
        const auto before = written_;
        const bool all = write_once();
        moved += written_ - before;
        if (all || write_broken_)
            co_return;
        if (!socket_->socket().writable()) {
            const auto why = co_await socket_->writable(worker_.now() + write_idle);
            if (why == runtime::wake::expired)
                lose(errc::upstream_timeout, "request");
        } else if (moved >= turn_share) {
            moved = 0;
            co_await worker_.next_turn();
        }
    }
}

// True when nothing is left.
bool client_session::write_once() {
    gather();
    if (out_.empty()) {
        out_.release();
        return true;
    }
    const byte_view bytes = out_.view();
    const auto put = socket_->write({&bytes, 1});
    if (put.state == net::io_state::blocked)
        return false;
    if (put.state == net::io_state::broken || put.bytes == 0) {
        write_broken_ = changed_ = true;  // what the node said before it closed is still read
        return false;
    }
    out_.consume(put.bytes);
    written_ += put.bytes;
    if (out_.empty())
        out_.clear();
    return false;
}

}  // namespace sluice::http::h2
