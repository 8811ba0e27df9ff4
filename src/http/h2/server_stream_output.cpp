// SPDX-License-Identifier: Apache-2.0
// The answer of a stream. nghttp2 takes what the client's windows allow; the rest is kept aside.
#include "http/h2/server_session.hpp"
#include "http/h2/server_stream.hpp"
#include "sluice/http/date.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <utility>

namespace sluice::http::h2 {

using runtime::timer;

void server_stream::put_informational(const response_head& head) {
    if (broken_ || closed_)
        return;
    ++heads_put_;
    auto& writer = session_->writer_;
    session_->submit_informational(*this, writer.informational(head));
}

void server_stream::put_head(const response_head& head, std::string_view request_id) {
    head_put_ = true;
    if (broken_ || closed_)
        return;
    ++heads_put_;
    const bool switched = head.status == 101;
    std::optional<std::uint64_t> length;
    // A head that ends its message as it came says nothing of a length: such is an error of gRPC.
    if (head.body.how == framing::kind::length && (head.body.length != 0 || head.declared_length))
        length = head.body.length;
    else if (head.body.how == framing::kind::none && !switched && head.status != 204)
        length = head.declared_length;
    discard_body_ = !switched && (head_.verb == method::head || !head.body.has_body());
    last_put_ = discard_body_;
    session_->submit_head(
        *this, session_->writer_.head(head, length, http_date(worker_.wall_now()), request_id),
        discard_body_ ? server_session::content::none : server_session::content::follows);
}

// The head is compressed before it is written, the texts of trailers only when their turn comes.
void server_stream::keep_trailers(const header_list& fields) {
    trailers_kept_.clear();
    for (const field& one : fields)
        trailers_kept_.add(field{room_.keep(one.name), room_.keep(one.value), one.id, false});
    trailers_out_ = &trailers_kept_;
}

void server_stream::put_body(const chunk& piece) {
    if (discard_body_ || last_put_ || broken_ || closed_)
        return;
    bytes_out_ += piece.bytes.size();
    settle();
    if (piece.bytes.size() <= small_piece)
        held_.append(piece.bytes);
    else
        piece_ = piece.bytes;
    last_put_ = piece.last;
    if (piece.last && piece.trailers != nullptr && !piece.trailers->empty())
        keep_trailers(*piece.trailers);
}

// Whatever is still queued is ours from now on.
void server_stream::settle() {
    held_.append(piece_);
    piece_ = {};
}

server_stream::offer server_stream::offered(std::size_t most) const noexcept {
    const auto here = held_.size() + piece_.size();
    return {std::min(here, most), last_put_ && here <= most};
}

void server_stream::pack(byte_buffer& out, std::size_t size) {
    packed_ += size;
    const auto from_held = std::min(size, held_.size());
    out.append(held_.view().substr(0, from_held));
    held_.consume(from_held);
    if (held_.empty())
        held_.release();
    out.append(piece_.substr(0, size - from_held));
    piece_.remove_prefix(size - from_held);
    out_gate_.raise();
}

io_state server_stream::flush() {
    slow_at_ = timer::never;
    if (broken_)
        return io_state::broken;
    if (deferred_ && pending()) {
        deferred_ = false;
        session_->resume(*this);
    }
    session_->send_now();
    if (broken_)
        return io_state::broken;
    if (!tunnel_)
        session_->watch_credit();
    if (broken_)
        return io_state::broken;
    if (is_too_slow()) {
        too_slow();
        return io_state::broken;
    }
    if (!pending())
        return io_state::done;
    settle();
    out_gate_.close();
    session_->keep_within_memory();  // this stream's too, perhaps: then the wait ends at once
    return io_state::blocked;
}

bool server_stream::delivered() const noexcept {
    return !pending() && session_->out_.empty() && session_->socket_.delivered();
}

bool server_stream::is_too_slow() noexcept {
    const auto least = session_->settings_.deadlines.min_rate;
    const auto moved = std::exchange(packed_, 0);
    return !tunnel_ && !writing_.moved(worker_.now(), moved, least);
}

void server_stream::too_slow() noexcept {
    fault_ = errc::client_too_slow;
    break_off();
}

bool server_stream::waits_for_credit() const noexcept {
    return nghttp2_session_get_stream_remote_window_size(session_->nghttp2_.get(), id_) <= 0;
}

// client_write_idle is what a client may take to let this stream move. Whose turn does not come,
// since the client takes the others' answers slowly, is not to blame: that the connection moves is
// the writer's deadline.
runtime::readiness server_stream::output() {
    const auto now = worker_.now();
    if (tunnel_)
        return out_gate_.until(now + tunnel_idle_);
    if (waits_for_credit())
        writing_.wait_begins(now);
    session_->wait_for_credit_begins();
    slow_at_ = now + session_->settings_.deadlines.client_write_idle;
    if (slow_at_ < clock_.expires())
        worker_.timers().arm(clock_, slow_at_);
    return out_gate_.until(timer::never);
}

void server_stream::clock::fired(runtime::timer& one) noexcept {
    static_cast<clock&>(one).owner.look_at_clock();
}

void server_stream::look_at_clock() noexcept {
    if (broken_ || slow_at_ == timer::never)
        return;  // nobody waits
    if (worker_.now() >= slow_at_) {
        if (waits_for_credit() || session_->credit_is_overdue()) {
            too_slow();
            out_gate_.raise();
            return;
        }
        slow_at_ = worker_.now() + session_->settings_.deadlines.client_write_idle;
    }
    worker_.timers().arm(clock_, slow_at_);
}

}  // namespace sluice::http::h2
