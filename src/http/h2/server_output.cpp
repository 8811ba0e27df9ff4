// SPDX-License-Identifier: Apache-2.0
// What leaves. Frames of all streams gather in one buffer; the writer, scheduled behind whoever is
// ready in this turn of the loop, writes it once. A full buffer is written at once, so that a large
// body does not wait for the turn to end.
#include "http/h2/server_callbacks.hpp"
#include "http/h2/server_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <utility>

namespace sluice::http::h2 {

using runtime::direction;
using runtime::timer;
using runtime::wake;

namespace {

// What is left at the end is why a client broke the rules, no answer any more.
constexpr std::chrono::milliseconds last_words_time{500};

}  // namespace

// Takes what nghttp2 has to say until the buffer is full. False when the session is of no more use.
bool server_session::gather() {
    while (out_.size() < high_water) {
        const std::uint8_t* bytes = nullptr;
        const auto size = nghttp2_session_mem_send(nghttp2_.get(), &bytes);
        if (size < 0)
            return false;
        if (size == 0)
            break;
        out_.append({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    }
    return true;
}

io_state server_session::write_once() {
    const auto bytes = out_.view();
    const auto put = socket_.write({&bytes, 1});
    if (put.state != io_state::done)
        return put.state;
    out_.consume(put.bytes);
    if (!writing_.moved(worker_.now(), put.bytes, settings_.deadlines.min_rate)) {
        lost_why_ = errc::client_too_slow;
        return io_state::broken;
    }
    if (!out_.empty())
        return put.bytes == 0 ? io_state::broken : io_state::blocked;
    out_.clear();
    return io_state::done;
}

// Called by whoever has put something: all that may leave is in the buffer afterwards.
void server_session::send_now() {
    while (!lost_) {
        if (!gather())
            return lose(errc::client_gone);
        if (out_.size() < high_water || blocked_)
            break;
        const auto put = write_once();
        if (put == io_state::broken)
            return lose(lost_why_);
        blocked_ = put == io_state::blocked;
    }
    wake_writer();
}

std::chrono::milliseconds server_session::write_patience() const noexcept {
    if (!last_words_)
        return settings_.deadlines.client_write_idle;
    return hurried_ ? std::chrono::milliseconds{0} : last_words_time;
}

// A writer that waits for a client to read learns that it is for the last words only.
void server_session::say_last_words() noexcept {
    last_words_ = true;
    if (blocked_)
        socket_.interrupt(direction::out);
    wake_writer();
}

void server_session::waited_to_write(wake why) noexcept {
    if (why == wake::interrupted && last_words_ && !hurried_)
        socket_.resume_waits(direction::out);  // waits on, but not for long
    else if (why != wake::ready)
        lose(aborted_ ? errc::shutting_down : errc::client_too_slow);
}

runtime::task<> server_session::write_on(server_session& self) {
    for (;;) {
        co_await self.work_.until(timer::never);
        self.work_.close();
        while (!self.lost_) {
            if (!self.gather()) {
                self.lose(errc::client_gone);
                break;
            }
            if (self.out_.empty())
                break;
            const auto put = self.write_once();
            if (put == io_state::done)
                continue;
            if (put == io_state::broken) {
                self.lose(self.lost_why_);
                break;
            }
            self.blocked_ = true;
            self.writing_.wait_begins(self.worker_.now());
            const auto why =
                co_await self.socket_.writable(self.worker_.now() + self.write_patience());
            self.blocked_ = false;
            self.waited_to_write(why);
        }
        if (self.out_.empty())
            self.out_.release();
        if (self.last_words_ || self.lost_)
            break;
        if (self.is_over())
            self.nudge();
    }
    self.writer_ended_.set();
}

// Out of memory for a head: neither the client nor the handler is to wait for it.
void server_session::give_up(server_stream& stream) noexcept {
    reset(stream, NGHTTP2_INTERNAL_ERROR);
    stream.malformed({});
}

void server_session::submit_head(server_stream& stream, response_writer::pairs pairs,
                                 content body) {
    const auto source = body_source();
    if (nghttp2_submit_response(nghttp2_.get(), stream.id(), pairs.data(), pairs.size(),
                                body == content::follows ? &source : nullptr) != 0)
        give_up(stream);
}

void server_session::submit_informational(server_stream& stream, response_writer::pairs pairs) {
    if (nghttp2_submit_headers(nghttp2_.get(), NGHTTP2_FLAG_NONE, stream.id(), nullptr,
                               pairs.data(), pairs.size(), nullptr) < 0)
        give_up(stream);
}

void server_session::resume(server_stream& stream) noexcept {
    nghttp2_session_resume_data(nghttp2_.get(), stream.id());
}

void server_session::reset(server_stream& stream, std::uint32_t code) noexcept {
    if (reading_for_ == &stream)
        owed_ = {stream.id(), code};
    else
        nghttp2_submit_rst_stream(nghttp2_.get(), NGHTTP2_FLAG_NONE, stream.id(), code);
    wake_writer();
}

void server_session::consumed(server_stream& stream, std::size_t bytes) noexcept {
    nghttp2_session_consume(nghttp2_.get(), stream.id(), bytes);
    if (nghttp2_session_want_write(nghttp2_.get()) != 0)
        wake_writer();
}

// Of the window all streams share. What comes of it is everybody's, so no stream alone is slow.
bool server_session::has_no_credit() const noexcept {
    return nghttp2_session_get_remote_window_size(nghttp2_.get()) <= 0;
}

void server_session::wait_for_credit_begins() noexcept {
    if (has_no_credit())
        granting_.wait_goes_on(worker_.now());
}

void server_session::watch_credit() noexcept {
    if (!granting_.moved(worker_.now(), std::exchange(granted_, 0), settings_.deadlines.min_rate))
        lose(errc::client_too_slow);
}

bool server_session::credit_is_overdue() const noexcept {
    return has_no_credit() && worker_.now() >= used_at_ + settings_.deadlines.client_write_idle;
}

// Three quarters of it are on their way or here, untold.
bool server_session::window_is_used(const server_stream& stream) const noexcept {
    const auto came =
        nghttp2_session_get_stream_effective_recv_data_length(nghttp2_.get(), stream.id());
    const auto window =
        nghttp2_session_get_stream_effective_local_window_size(nghttp2_.get(), stream.id());
    return came >= window - window / 4;
}

}  // namespace sluice::http::h2
