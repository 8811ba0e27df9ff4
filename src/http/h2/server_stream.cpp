// SPDX-License-Identifier: Apache-2.0
// What came in waits in body_ until it is taken, and only then is the client told that it may send
// more. What goes out is in server_stream_output.cpp.
#include "http/h2/server_stream.hpp"

#include "http/h2/server_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <utility>

namespace sluice::http::h2 {

namespace {

constexpr std::size_t most_spare = 256;

}  // namespace

server_stream::server_stream(runtime::worker& owner)
    : worker_(owner), in_gate_(owner), out_gate_(owner) {}

server_stream::~server_stream() { end(); }

void server_stream::begin(server_session& of, std::int32_t id) noexcept {
    session_ = &of;
    id_ = id;
}

void server_stream::end() noexcept {
    for (auto* text : texts_)
        nghttp2_rcbuf_decref(text);
    texts_.clear();
    head_.clear();
    room_.reset();
    body_.release();
    lent_.release();
    held_.release();
    piece_ = {};
    trailers_in_.clear();
    trailers_kept_.clear();
    trailers_out_ = nullptr;
    reading_.reset();
    writing_.reset();
    clock_.disarm();
    slow_at_ = runtime::timer::never;
    in_gate_.close();
    in_gate_.resume_waits();
    out_gate_.close();
    out_gate_.resume_waits();
    session_ = nullptr;
    gone_listener_ = nullptr;
    head_bytes_ = packed_ = 0;
    heads_put_ = heads_packed_ = 0;
    came_ = bytes_in_ = bytes_out_ = 0;
    fault_ = errc::client_gone;
    detail_ = {};
    end_seen_ = body_taken_ = body_failed_ = body_unwanted_ = window_was_used_ = false;
    head_put_ = discard_body_ = last_put_ = end_packed_ = deferred_ = false;
    tunnel_ = broken_ = aborted_ = closed_ = false;
}

const client_facts& server_stream::client() const noexcept { return session_->link_.facts(); }

void server_stream::keep(nghttp2_rcbuf* name, nghttp2_rcbuf* value) {
    texts_.push_back(name);
    nghttp2_rcbuf_incref(name);
    texts_.push_back(value);
    nghttp2_rcbuf_incref(value);
}

void server_stream::head_complete(bool ended) noexcept {
    end_seen_ = ended;
    body_taken_ = !head_.body.has_body();
}

// RFC 9113 section 8.1.1: what frames carry and what Content-Length says must be the same.
bool server_stream::received(byte_view bytes) {
    came_ += bytes.size();
    const bool counted = head_.body.how == framing::kind::length;
    if (counted && came_ > head_.body.length)
        return false;
    if (body_unwanted_ || body_failed_ || broken_) {
        session_->consumed(*this, bytes.size());
        return true;
    }
    body_.append(bytes);
    window_was_used_ = window_was_used_ || session_->window_is_used(*this);
    in_gate_.raise();
    return true;
}

bool server_stream::received_end() noexcept {
    if (head_.body.how == framing::kind::length && came_ != head_.body.length)
        return false;
    end_seen_ = true;
    in_gate_.raise();
    return true;
}

io_state server_stream::fail_body(errc why) noexcept {
    body_failed_ = true;
    fault_ = why;
    return io_state::broken;
}

io_state server_stream::wait_for_body() noexcept {
    lent_.release();
    in_gate_.close();
    return io_state::blocked;
}

io_state server_stream::take_body(chunk& piece) {
    piece = {};
    if (broken_ || aborted_ || body_failed_)
        return io_state::broken;
    if (body_taken_) {
        piece.last = true;
        return io_state::done;
    }
    if (body_.empty() && !end_seen_)
        return wait_for_body();
    lent_.clear();
    lent_.swap(body_);
    const auto size = lent_.size();
    if (size != 0)
        session_->consumed(*this, size);  // also of a body that fails: the credit is everybody's
    piece.bytes = lent_.view();
    piece.last = body_taken_ = end_seen_;
    piece.trailers = end_seen_ && !trailers_in_.empty() ? &trailers_in_ : nullptr;
    bytes_in_ += size;
    const auto& settings = session_->settings_;
    if (!tunnel_ && !reading_.moved(worker_.now(), size, settings.deadlines.min_rate))
        return fail_body(errc::request_timeout);
    const auto& most = settings.bounds.body;
    if (most && !tunnel_ && bytes_in_ > *most)
        return fail_body(errc::body_too_large);
    // A window that was used up while whoever takes kept pace was too small for the way.
    if (std::exchange(window_was_used_, false) && !end_seen_)
        session_->double_window(*this);
    return io_state::done;
}

void server_stream::give_up_body() {
    body_unwanted_ = true;
    if (!body_.empty())
        session_->consumed(*this, body_.size());
    body_.release();
}

runtime::readiness server_stream::input() {
    if (!tunnel_)
        reading_.wait_begins(worker_.now());
    const auto idle = tunnel_ ? tunnel_idle_ : session_->settings_.deadlines.client_body_idle;
    return in_gate_.until(worker_.now() + idle);
}

presence server_stream::where() const noexcept {
    return broken_ || aborted_ ? presence::gone : presence::here;
}

void server_stream::open_tunnel(std::chrono::milliseconds idle) {
    tunnel_ = true;
    tunnel_idle_ = idle;
    body_taken_ = body_unwanted_ = false;
}

void server_stream::end_tunnel_output() {
    last_put_ = true;
    flush();
}

void server_stream::break_off() noexcept {
    if (!std::exchange(broken_, true) && !closed_)
        session_->reset(*this, tunnel_ ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR);
}

void server_stream::reset() noexcept {
    if (head_put_ && !broken_)
        flush();  // what is queued shows the client where it broke
    if (is_over())
        broken_ = true;
    else
        break_off();
}

void server_stream::malformed(std::string_view reason) noexcept {
    fault_ = errc::bad_request;
    detail_ = reason;
    broken_ = true;
    in_gate_.raise();
    out_gate_.raise();
}

void server_stream::closed() noexcept {
    if (std::exchange(closed_, true) || is_over())
        return;
    broken_ = true;
    in_gate_.raise();
    out_gate_.raise();
    if (gone_listener_ != nullptr)
        gone_listener_->on_client_gone();
}

void server_stream::makes_room() noexcept {
    session_->reset(*this, NGHTTP2_ENHANCE_YOUR_CALM);
    give_up_body();
    held_.release();
    piece_ = {};
    fault_ = errc::client_too_slow;
    broken_ = true;
    in_gate_.raise();
    out_gate_.raise();
    if (gone_listener_ != nullptr)
        gone_listener_->on_client_gone();
}

void server_stream::lost(errc why) noexcept {
    fault_ = why;
    closed();
}

void server_stream::abort() noexcept {
    fault_ = errc::shutting_down;
    aborted_ = true;
    if (head_put_)
        break_off();
    in_gate_.interrupt();
    out_gate_.interrupt();
    if (gone_listener_ != nullptr)
        gone_listener_->on_client_gone();
}

// RFC 9113 section 8.1: after a complete answer a client that still sends is told that no error
// happened, but that nobody reads it.
void server_stream::conclude() noexcept {
    if (!body_.empty())
        session_->consumed(*this, body_.size());
    if (closed_)
        return;
    if (!end_packed_)
        break_off();
    else if (!end_seen_)
        session_->reset(*this, NGHTTP2_NO_ERROR);
}

std::unique_ptr<server_stream> stream_pool::take() {
    if (spare_.empty())
        return std::make_unique<server_stream>(worker_);
    auto one = std::move(spare_.back());
    spare_.pop_back();
    return one;
}

void stream_pool::give(std::unique_ptr<server_stream> done) noexcept {
    done->end();
    if (spare_.size() < most_spare)
        spare_.push_back(std::move(done));
}

}  // namespace sluice::http::h2
