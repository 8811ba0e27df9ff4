// SPDX-License-Identifier: Apache-2.0
// What the streams of one connection hold together (limits.h2.memory): looked at when one begins
// and when one begins to hold more.
#include "http/h2/server_session.hpp"

#include <algorithm>

namespace sluice::http::h2 {

std::size_t server_session::memory() const noexcept {
    auto held = out_.capacity();
    for (const auto* one : running_)
        held += one->memory();
    return held;
}

// The sum is taken only once the most that each could hold is more than all may: what came of its
// body and what its handler was lent, each a window in the block that holds it, a piece of the
// answer, its head.
bool server_session::holds_too_much() const noexcept {
    const auto& bounds = settings_.bounds;
    const auto body = std::max(widest_window_, byte_buffer::large_block);
    const auto most_each = 2 * body + byte_buffer::large_block + bounds.head;
    const auto under_way = running_.size() + begun_.size();
    return under_way * most_each > bounds.h2.memory && memory() > bounds.h2.memory;
}

// A window that grew lets a stream that stalls later hold more than was counted on when it began.
// The largest makes room, until what is left is within the bound.
void server_session::keep_within_memory() noexcept {
    if (!holds_too_much())
        return;
    auto held = out_.capacity();
    for (const auto* one : running_)
        held += one->to_be_freed();
    while (held > settings_.bounds.h2.memory) {
        const auto largest = std::ranges::max_element(running_, {}, &server_stream::to_be_freed);
        if (largest == running_.end() || (*largest)->to_be_freed() == 0)
            return;
        held -= (*largest)->to_be_freed();
        (*largest)->makes_room();
    }
}

// Half of the connection's window at most: one stalled upload must not stop all others. Not when
// half of what may be held is: it would let more come.
void server_session::double_window(server_stream& stream) noexcept {
    const auto window =
        nghttp2_session_get_stream_effective_local_window_size(nghttp2_.get(), stream.id());
    const auto& bounds = settings_.bounds.h2;
    const auto most = static_cast<std::int32_t>(bounds.connection_window / 2);
    if (window <= 0 || window > most / 2 || memory() > bounds.memory / 2)
        return;
    nghttp2_session_set_local_window_size(nghttp2_.get(), NGHTTP2_FLAG_NONE, stream.id(),
                                          window * 2);
    widest_window_ = std::max(widest_window_, static_cast<std::size_t>(window) * 2);
    wake_writer();
}

}  // namespace sluice::http::h2
