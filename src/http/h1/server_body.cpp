// SPDX-License-Identifier: Apache-2.0
// Request bodies of a client connection, piece by piece as they arrive.
#include "http/h1/server_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::http::h1 {

net::io_result server_session::fill(byte_buffer& buffer) {
    if (socket_.has_nothing_to_read())
        return {io_state::blocked};
    if (buffer.room().empty())
        buffer.reserve(buffer.size() == buffer.capacity() ? buffer.size() * 2 : buffer.capacity());
    const auto got = socket_.read(buffer.room());
    if (got.state == io_state::done)
        buffer.commit(got.bytes);
    return got;
}

// The head's views point into in_, so body bytes that do not fit behind it go to a buffer of their
// own.
byte_buffer& server_session::body_source() {
    auto& body = state_->body;
    if (!body.empty() || body.capacity() != 0)
        return body;
    return in_;
}

// No block is kept for a wait. in_ is: it holds the head.
void server_session::rest_body() noexcept {
    if (state_->body.empty())
        state_->body.release();
}

io_state server_session::more_body(byte_buffer& from) {
    if (socket_.has_nothing_to_read()) {
        rest_body();
        return io_state::blocked;
    }
    auto* into = &from;
    if (from.room().empty() ||
        (from.empty() && &from == &in_ && from.room().size() < byte_buffer::small_block / 4)) {
        auto& body = state_->body;
        if (into == &in_) {
            body.reserve(byte_buffer::large_block);
            body.append(in_.view());
            in_.consume(in_.size());
            into = &body;
        } else {
            body.reserve(body.size() == body.capacity() ? body.size() * 2 : body.capacity());
        }
    }
    const auto got = socket_.read(into->room());
    ended_ = got.state == io_state::done && got.bytes == 0;
    if (ended_ && tunnel_)
        return io_state::broken;
    if (got.state == io_state::broken || ended_)
        return fail(errc::client_gone);
    if (got.state == io_state::blocked) {
        rest_body();
        return io_state::blocked;
    }
    into->commit(got.bytes);
    const auto least = settings_.deadlines.min_rate;
    if (!tunnel_ && !state_->reading.moved(worker_.now(), got.bytes, least))
        return fail_body(errc::request_timeout);
    return io_state::done;
}

runtime::readiness server_session::input() {
    if (!tunnel_)
        state_->reading.wait_begins(worker_.now());
    const auto idle = tunnel_ ? tunnel_idle_ : settings_.deadlines.client_body_idle;
    return socket_.readable(worker_.now() + idle);
}

io_state server_session::take_body(chunk& piece) {
    piece = {};
    if (broken_)
        return io_state::broken;
    if (tunnel_)
        return take_raw(piece);
    if (body_taken_) {
        piece.last = true;
        return io_state::done;
    }
    body_begun_ = true;
    const auto state =
        state_->head.body.how == framing::kind::chunked ? take_chunked(piece) : take_counted(piece);
    if (state != io_state::done)
        return state;
    state_->bytes_in += piece.bytes.size();
    body_taken_ = piece.last;
    const auto& most = settings_.bounds.body;
    return most && state_->bytes_in > *most ? fail_body(errc::body_too_large) : io_state::done;
}

// The connection still carries an answer: only reading is over.
io_state server_session::fail_body(errc why) noexcept {
    fault_ = why;
    keep_open_ = false;
    return io_state::broken;
}

io_state server_session::take_counted(chunk& piece) {
    auto* from = &body_source();
    if (from->empty()) {
        if (const auto state = more_body(*from); state != io_state::done)
            return state;
        from = &body_source();
    }
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(from->size(), state_->body_left));
    piece.bytes = from->view().substr(0, size);
    from->consume(size);
    state_->body_left -= size;
    piece.last = state_->body_left == 0;
    if (from->empty() && from == &state_->body)
        from->clear();  // the view stays good: nothing is read before the next call
    return io_state::done;
}

io_state server_session::take_chunked(chunk& piece) {
    for (;;) {
        auto& from = body_source();
        const auto step = state_->decoder.next(from.view(), settings_.bounds);
        from.consume(step.consumed);
        switch (step.at) {
        case chunk_decoder::state::content:
            piece.bytes = step.content;
            return io_state::done;
        case chunk_decoder::state::end:
            piece.last = true;
            piece.trailers =
                state_->decoder.trailers().empty() ? nullptr : &state_->decoder.trailers();
            return io_state::done;
        case chunk_decoder::state::failed:
            refusal_ = step.reason;
            return fail_body(errc::bad_request);
        case chunk_decoder::state::need_more:
            if (from.empty() && &from == &state_->body)
                from.clear();
            if (const auto state = more_body(from); state != io_state::done)
                return state;
        }
    }
}

io_state server_session::take_raw(chunk& piece) {
    auto* from = &body_source();
    if (from->empty()) {
        if (from == &state_->body)
            from->clear();
        const auto state = more_body(*from);
        if (state == io_state::broken && ended_) {
            piece.last = true;  // the other direction goes on
            return io_state::done;
        }
        if (state != io_state::done)
            return state;
        from = &body_source();
    }
    piece.bytes = from->view();
    from->consume(piece.bytes.size());
    state_->bytes_in += piece.bytes.size();
    return io_state::done;
}

// What already arrived of a body nobody will read; never waits and never reads from the socket.
void server_session::drop_buffered_body() {
    const auto& framed = state_->head.body;
    if (framed.how == framing::kind::length) {
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(in_.size(), state_->body_left));
        in_.consume(size);
        state_->body_left -= size;
        body_taken_ = state_->body_left == 0;
        return;
    }
    for (;;) {
        const auto step = state_->decoder.next(in_.view(), settings_.bounds);
        in_.consume(step.consumed);
        if (step.at == chunk_decoder::state::content)
            continue;
        body_taken_ = step.at == chunk_decoder::state::end;
        return;
    }
}

}  // namespace sluice::http::h1
