// SPDX-License-Identifier: Apache-2.0
#include "http/h1/client_session.hpp"

#include "sluice/net/tls_session.hpp"

#include <algorithm>
#include <utility>

namespace sluice::http::h1 {

client_session::client_session(std::unique_ptr<net::stream> connected)
    : socket_(std::move(connected)) {}

client_session::~client_session() = default;

void client_session::begin(method verb, const limits& bounds, std::size_t largest_piece) {
    largest_piece_ = largest_piece;
    verb_ = verb;
    bounds_ = bounds;
    decoder_.reset();
    scan_.restart();
    head_bytes_ = 0;
    request_done_ = response_done_ = sent_any_ = answered_ = reads_fill_ = false;
    fault_ = {errc::upstream_closed, blame::upstream};
    // The last exchange may have ended by interrupting waits that were already over.
    socket_->resume_waits(runtime::direction::in);
    socket_->resume_waits(runtime::direction::out);
}

void client_session::put_head(const outgoing_request& request) {
    write_request(out_.buffer(), request);
    request_framing_ = request.body.how;
    request_done_ = !request.body.has_body();
    if (request.upgrade)
        poisoned_ = true;  // whatever the node makes of it, this connection serves nobody else
}

void client_session::put_body(const chunk& piece) {
    if (tunnel_)
        out_.put_raw(piece.bytes);
    else
        out_.put(piece, request_framing_);
    request_done_ = request_done_ || piece.last;
}

io_state client_session::flush() {
    if (broken_)
        return io_state::broken;
    const auto put = out_.write(*socket_);
    sent_any_ = sent_any_ || put.bytes != 0;
    if (put.state != io_state::broken)
        return put.state;
    // The node may have answered before it closed: reading decides what the client hears.
    poisoned_ = true;
    return fail(errc::upstream_closed, "request");
}

// A buffer without bytes is given back rather than kept for a wait: the block that the next event
// finds on top of the free list is warm, one that waited a second in a thousand streams is not.
net::io_result client_session::fill() {
    const auto got = socket_->has_nothing_to_read() ? net::io_result{io_state::blocked} : read();
    if (got.state == io_state::blocked && in_.empty())
        in_.release();
    return got;
}

net::io_result client_session::read() {
    if (in_.room().empty())
        in_.reserve(std::max(in_.size() + 1,
                             in_.size() == in_.capacity() ? in_.capacity() * 2 : in_.capacity()));
    const auto got = socket_->read(in_.room());
    if (got.state == io_state::done)
        in_.commit(got.bytes);
    reads_fill_ = in_.room().empty();
    return got;
}

io_state client_session::take_head(response_head& head) {
    in_.consume(std::exchange(head_bytes_, 0));
    for (;;) {
        if (!in_.empty()) {
            answered_ = true;
            const auto step = parse_response(in_.view(), scan_, bounds_, verb_, head);
            if (step.at == parse_step::state::failed)
                return fail(errc::bad_upstream_message, step.reason);
            if (step.at == parse_step::state::complete) {
                head_bytes_ = step.consumed;
                response_head_read(head);
                return io_state::done;
            }
        }
        const auto got = fill();
        if (got.state == io_state::blocked)
            return io_state::blocked;
        if (got.state == io_state::broken || got.bytes == 0) {
            fail(why_closed(), "response head");
            // Not one byte of an answer on a connection that had served before: most likely closed
            // while it was idle.
            fault_.retry = answered_ ? retry_hint::never : retry_hint::if_reused;
            return io_state::broken;
        }
    }
}

void client_session::response_head_read(response_head& head) {
    scan_.restart();
    if (head.informational() && head.status != 101)
        return;
    response_framing_ = head.body.how;
    body_left_ = head.body.length;
    response_done_ = !head.body.has_body();
    poisoned_ = poisoned_ || !head.keep_alive || head.body.how == framing::kind::until_close;
}

io_state client_session::take_body(chunk& piece) {
    piece = {};
    in_.consume(std::exchange(head_bytes_, 0));
    if (tunnel_)
        return take_rest(piece);
    if (response_done_) {
        piece.last = true;
        return io_state::done;
    }
    const auto state = response_framing_ == framing::kind::length    ? take_counted(piece)
                       : response_framing_ == framing::kind::chunked ? take_chunked(piece)
                                                                     : take_rest(piece);
    if (state == io_state::done)
        response_done_ = piece.last;
    return state;
}

// A read that filled all there was room for promises more: it is read in larger steps.
void client_session::make_room() {
    in_.clear();
    if (reads_fill_ && in_.capacity() < largest_piece_) {
        in_.release();
        in_.reserve(largest_piece_);
    }
}

void client_session::let_go() noexcept {
    if (in_.empty())
        in_.release();
}

io_state client_session::more_body() {
    if (in_.empty() && !socket_->has_nothing_to_read())
        make_room();
    const auto got = fill();
    if (got.state == io_state::blocked)
        return io_state::blocked;
    ended_ = got.state == io_state::done && got.bytes == 0;
    if (got.state == io_state::broken || ended_)
        return fail(errc::upstream_closed, "response body");
    return io_state::done;
}

io_state client_session::take_counted(chunk& piece) {
    if (in_.empty())
        if (const auto state = more_body(); state != io_state::done)
            return state;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(in_.size(), body_left_));
    piece.bytes = in_.view().substr(0, size);
    in_.consume(size);
    body_left_ -= size;
    piece.last = body_left_ == 0;
    return io_state::done;
}

io_state client_session::take_chunked(chunk& piece) {
    for (;;) {
        const auto step = decoder_.next(in_.view(), bounds_);
        in_.consume(step.consumed);
        switch (step.at) {
        case chunk_decoder::state::content:
            piece.bytes = step.content;
            return io_state::done;
        case chunk_decoder::state::end:
            piece.last = true;
            piece.trailers = decoder_.trailers().empty() ? nullptr : &decoder_.trailers();
            return io_state::done;
        case chunk_decoder::state::failed:
            return fail(errc::bad_upstream_message, step.reason);
        case chunk_decoder::state::need_more:
            if (const auto state = more_body(); state != io_state::done)
                return state;
        }
    }
}

// Everything until the node closes: a close-delimited body, or a tunnel.
io_state client_session::take_rest(chunk& piece) {
    if (in_.empty()) {
        const bool was_broken = broken_;
        const auto state = more_body();
        if (state == io_state::broken && ended_) {
            broken_ = was_broken;
            piece.last = true;
            return io_state::done;
        }
        if (state != io_state::done)
            return state;
    }
    piece.bytes = in_.view();
    in_.consume(piece.bytes.size());
    return io_state::done;
}

void client_session::interrupt() noexcept {
    socket_->interrupt(runtime::direction::in);
    socket_->interrupt(runtime::direction::out);
}

void client_session::open_tunnel() {
    tunnel_ = true;
    poisoned_ = true;
}

bool client_session::reusable() noexcept {
    return request_done_ && response_done_ && !poisoned_ && !broken_ && out_.empty() &&
           in_.size() == head_bytes_ && !socket_->stale();
}

void client_session::rest() {
    in_.release();
    out_.release();
    head_bytes_ = 0;
}

std::string_view client_session::tls_failure() const noexcept {
    return socket_->tls() != nullptr ? socket_->tls()->failure() : std::string_view();
}

// A node that refuses our certificate says so by an alert after the handshake (RFC 8446 section
// 4.4.2.4): that is a failure of TLS, not of an answer.
errc client_session::why_closed() const noexcept {
    const bool by_tls = socket_->tls() != nullptr && socket_->tls()->protocol_failed();
    return by_tls ? errc::tls_failed : errc::upstream_closed;
}

io_state client_session::fail(errc why, std::string_view stage) noexcept {
    broken_ = true;
    fault_ = {why, blame::upstream, retry_hint::never, stage};
    return io_state::broken;
}

}  // namespace sluice::http::h1
