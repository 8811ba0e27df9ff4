// SPDX-License-Identifier: Apache-2.0
#include "http/h2/client_stream.hpp"

#include "http/h2/client_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

namespace sluice::http::h2 {

namespace {

// What nghttp2 closes as if refused when a GOAWAY left it out.
constexpr std::string_view going_away = "connection going away";

}  // namespace

client_stream::client_stream(runtime::worker& owner) : in_(owner), out_(owner) {}

client_stream::~client_stream() = default;

void client_stream::join(boost::local_shared_ptr<client_session> on) noexcept {
    session_ = std::move(on);
}

void client_stream::leave() noexcept {
    body_.clear();
    copied_.release();
    piece_ = {};
    id_ = window_ = 0;
    session_.reset();
}

void client_stream::begin(method verb, const limits& bounds) {
    response_.begin(verb, bounds);
    body_.clear();
    copied_.clear();
    piece_ = {};
    trailers_.clear();
    trailer_texts_.reset();
    fault_ = {errc::upstream_closed, blame::upstream};
    wrong_ = {};
    head_at_ = packed_to_ = nowhere;
    id_ = 0;
    window_ = client_session::first_window;
    drained_ = 0;
    deferred_ = request_ended_ = request_left_ = answered_ = ended_ = closed_ = false;
    cut_ = reset_by_node_ = failed_ = false;
    in_.close();
    in_.resume_waits();
    out_.close();
    out_.resume_waits();
}

void client_stream::put_head(const outgoing_request& request) {
    request_ended_ = request_left_ = !request.body.has_body();
    if (!session_->submit(*this, request))
        fail({errc::upstream_closed, blame::upstream, retry_hint::if_reused, "request"});
}

void client_stream::put_body(const chunk& piece) {
    if (!piece_.empty())
        copied_.append(std::exchange(piece_, {}));
    if (piece.bytes.size() <= small_piece)
        copied_.append(piece.bytes);
    else
        piece_ = piece.bytes;
    if (piece.trailers != nullptr)
        for (const field& one : *piece.trailers)
            trailers_.add(trailer_texts_.keep(one.name), trailer_texts_.keep(one.value));
    request_ended_ = request_ended_ || piece.last;
}

io_state client_stream::flush() {
    if (failed_ || (closed_ && !request_left_))
        return io_state::broken;
    session_->send(*this);
    if (piece_.empty() && copied_.size() <= byte_buffer::small_block)
        return io_state::done;
    out_.close();
    return io_state::blocked;
}

bool client_stream::delivered() const noexcept {
    return unsent() == 0 && request_ended_ == request_left_ && session_->has_delivered(packed_to_);
}

bool client_stream::sent_any() const noexcept { return session_->has_written(head_at_); }

io_state client_stream::take_head(response_head& head) {
    if (response_.take_head(head))
        return io_state::done;
    if (failed_)
        return io_state::broken;
    in_.close();
    return io_state::blocked;
}

// The node is given room for more when the bytes are asked to make room here, no sooner: who does
// not take them has at most a window of them in memory.
io_state client_stream::take_body(chunk& piece) {
    piece = {};
    std::size_t gone = 0;
    piece.bytes = body_.take(gone);
    if (gone != 0 && !ended_ && !failed_) {
        session_->give_credit(*this, gone);
        widen_window(gone);
    }
    if (ended_ && body_.drained()) {
        piece.last = true;
        piece.trailers = response_.trailers();
        return io_state::done;
    }
    if (!piece.bytes.empty())
        return io_state::done;
    if (failed_)
        return io_state::broken;
    in_.close();
    return io_state::blocked;
}

// A whole window was taken and nothing is left here: the node waits for us, not we for the client.
void client_stream::widen_window(std::size_t taken) {
    drained_ += taken;
    if (!body_.drained() || drained_ < static_cast<std::size_t>(window_))
        return;
    drained_ = 0;
    window_ = session_->widen(*this, window_);
}

// The piece is a view that nobody keeps from here on. Without it the request never ends: it would
// be taken for whole.
void client_stream::interrupt() noexcept {
    cut_ = cut_ || !piece_.empty();
    piece_ = {};
    in_.interrupt();
    out_.interrupt();
}

void client_stream::section_begins() {
    answered_ = true;
    response_.begin_section();
}

bool client_stream::take_field(std::string_view name, std::string_view value) {
    const auto wrong = response_.add(name, value);
    return wrong.empty() || refuse(wrong);
}

bool client_stream::section_ends(bool last) {
    const auto wrong = response_.end_section(last);
    if (!wrong.empty())
        return refuse(wrong);
    if (last)
        response_ends();
    in_.raise();
    return true;
}

void client_stream::take_bytes(byte_view bytes) {
    if (failed_)
        return;
    body_.append(bytes, static_cast<std::size_t>(window_));
    in_.raise();
}

void client_stream::response_ends() noexcept {
    ended_ = true;
    in_.raise();
}

bool client_stream::refuse(std::string_view why) noexcept {
    wrong_ = why;
    fail({errc::bad_upstream_message, blame::upstream, retry_hint::never, why});
    return false;
}

// A stream that nghttp2 itself closed by a reset broke the rules of messages: a length that is not
// kept, a field that may not be (RFC 9113 section 8.1.1).
void client_stream::stream_closed(std::uint32_t code) noexcept {
    closed_ = true;
    if (ended_)
        return out_.raise();  // the request, if it still goes on, goes nowhere
    if (code == NGHTTP2_REFUSED_STREAM && !answered_)
        return fail({errc::upstream_closed, blame::upstream, retry_hint::unprocessed,
                     reset_by_node_ ? std::string_view{"stream refused"} : going_away});
    if (code == NGHTTP2_REFUSED_STREAM && !reset_by_node_)  // GOAWAY, behind a 1xx head
        return fail({errc::upstream_closed, blame::upstream, retry_hint::never, going_away});
    const auto stage = answered_ ? std::string_view{"response body"} : "response head";
    if (reset_by_node_ || code == NGHTTP2_NO_ERROR)
        return fail({errc::upstream_closed, blame::upstream, retry_hint::never, stage});
    fail({errc::bad_upstream_message, blame::upstream, retry_hint::never,
          "malformed HTTP/2 message"});
}

void client_stream::never_was() noexcept {
    closed_ = true;
    fail({errc::upstream_closed, blame::upstream, retry_hint::unprocessed, "request"});
}

void client_stream::trailers_lost() noexcept {
    request_left_ = false;
    fail({errc::upstream_closed, blame::upstream, retry_hint::never, "request trailers"});
}

void client_stream::fail(const failure& why) noexcept {
    if (failed_ || ended_)
        return;
    failed_ = true;
    fault_ = why;
    in_.raise();
    out_.raise();
}

void client_stream::move_unsent(byte_buffer& to, std::size_t count) {
    const auto small = std::min(count, copied_.size());
    to.append(copied_.view().substr(0, small));
    copied_.consume(small);
    if (copied_.empty())
        copied_.clear();
    to.append(piece_.substr(0, count - small));
    piece_.remove_prefix(count - small);
    if (piece_.empty() && copied_.size() <= byte_buffer::small_block)
        out_.raise();
}

}  // namespace sluice::http::h2
