// SPDX-License-Identifier: Apache-2.0
// Every way a connection comes to its end: a drain, a deadline, a client that left, a descriptor
// that is needed.
#include "http/h2/server_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <utility>

namespace sluice::http::h2 {

using runtime::direction;
using runtime::timer;

bool server_session::may_be_shed() const noexcept {
    return had_request_ && running_.empty() && !arriving_ && !socket_.socket().readable();
}

void server_session::close_idle() noexcept {
    hurried_ = true;  // its descriptor is needed
    go_away();
    wake_writer();
}

// In two steps (RFC 9113 section 6.8): first that no new stream should come, then, when all that was
// on its way must be here, which ones are served.
void server_session::drain() noexcept {
    if (draining_)
        return;
    draining_ = true;
    drain_began_ = worker_.now();
    nghttp2_submit_shutdown_notice(nghttp2_.get());
    arm(drain_began_ + server::drain_grace);
    wake_writer();
}

void server_session::go_away() noexcept {
    if (std::exchange(goaway_sent_, true))
        return;
    nghttp2_submit_goaway(nghttp2_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(nghttp2_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

void server_session::abort() noexcept {
    aborted_ = hurried_ = true;
    for (auto* one : running_)
        one->abort();
    go_away();
    socket_.interrupt(direction::out);
    wake_writer();
    nudge();
}

// The connection is gone: so are its streams.
void server_session::lose(errc why) noexcept {
    if (std::exchange(lost_, true))
        return;
    lost_why_ = why;
    end_streams();
    socket_.interrupt(direction::out);
    wake_writer();
    nudge();
}

// Nobody will grant credit any more, or hear the rest.
void server_session::end_streams() noexcept {
    const auto why = aborted_ ? errc::shutting_down : lost_why_;
    for (auto* one : running_)
        if (!aborted_ || lost_)
            one->lost(why);
}

void server_session::nudge() noexcept { socket_.interrupt(direction::in); }

time_point server_session::idle_due() const noexcept {
    const auto& deadlines = settings_.deadlines;
    return idle_since_ + (had_request_ ? deadlines.client_idle : deadlines.client_head);
}

void server_session::arm(time_point due) noexcept {
    if (due < clock_.expires())
        worker_.timers().arm(clock_, due);
}

void server_session::clock::fired(runtime::timer& one) noexcept {
    static_cast<clock&>(one).owner.look_at_clock();
}

void server_session::look_at_clock() noexcept {
    const auto now = worker_.now();
    const auto head_time = settings_.deadlines.client_head;
    auto next = timer::never;
    // True once it passed; else it is looked at again then.
    const auto is_past = [&](time_point due) {
        if (now >= due)
            return true;
        next = std::min(next, due);
        return false;
    };
    if (!settings_acked_ && is_past(link_.opened() + head_time))
        nghttp2_session_terminate_session(nghttp2_.get(), NGHTTP2_SETTINGS_TIMEOUT);
    if (head_began_ != time_point{} && is_past(head_began_ + head_time)) {
        nghttp2_session_terminate_session(nghttp2_.get(), NGHTTP2_NO_ERROR);
        server_.handler().turned_away(errc::request_timeout);
        head_began_ = {};
    }
    if (running_.empty() && head_began_ == time_point{} && is_past(idle_due()))
        go_away();
    if (!draining_ && is_past(leaves_at_))
        drain();
    if (draining_ && !goaway_sent_ && is_past(drain_began_ + server::drain_grace))
        go_away();
    if (next != timer::never)
        worker_.timers().arm(clock_, next);
    wake_writer();
}

}  // namespace sluice::http::h2
