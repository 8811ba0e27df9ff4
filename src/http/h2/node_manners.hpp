// SPDX-License-Identifier: Apache-2.0
// Whether a node still behaves on its connection: what it may send that costs us and brings
// nothing, before all streams are better off on another one. The counterpart of what
// server_session asks of clients, with the same score; a node only gets to answer, so that much of
// it is bounded by what it was asked.
#pragma once

#include "http/h2/abuse_score.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sluice::http::h2 {

class node_manners {
public:
    /// Who waits for what a frame's stream has to say.
    enum class audience : std::uint8_t { somebody, nobody };

    explicit node_manners(time_point now) noexcept : score_(now) {}

    /// A response ended here before its node had ended it: what its window allowed may be on its
    /// way, and is no abuse.
    void gave_up_early(std::size_t window) noexcept { forgive(window + 4 * late_head); }
    /// HEADERS or DATA went out; nodes measure the way with pings behind them.
    void asked() noexcept { score_.earned(4); }

    /// nghttp2 tells of a frame that begins. False once it is enough.
    bool bears(const nghttp2_frame_hd& frame, audience on, time_point now) noexcept {
        told_ += frame_head + frame.length;
        switch (frame.type) {
        case NGHTTP2_PUSH_PROMISE:
            return false;  // RFC 9113 section 8.4: switched off before the first request left
        case NGHTTP2_DATA:
            return frame.length != 0 || has(frame, NGHTTP2_FLAG_END_STREAM) ||
                   is_forgiven(empty_frame) || add(abuse::empty_frames, now);
        case NGHTTP2_HEADERS:
            if (on == audience::nobody)
                return is_forgiven(late_head) || add(abuse::malformed, now);
            forgive(empty_frame);  // servers that flush often send one behind the head
            return true;
        case NGHTTP2_SETTINGS:
            return has(frame, NGHTTP2_FLAG_ACK) || add(abuse::settings, now);
        case NGHTTP2_PING:
            return has(frame, NGHTTP2_FLAG_ACK) || score_.answer_was_earned() ||
                   add(abuse::pings, now);
        default:
            return true;
        }
    }

    /// That many bytes were read, and nghttp2 has told what it tells of them. It is silent about
    /// DATA of streams it has forgotten and about frames it does not know. As bears().
    bool read(std::size_t bytes, time_point now) noexcept {
        if (bytes <= told_) {
            told_ -= bytes;
            return true;
        }
        return bears_waste(bytes - std::exchange(told_, 0), now);
    }

private:
    static constexpr std::size_t frame_head = 9;
    // What is forgiven is counted in bytes for nobody. A block of fields is worth more than it has,
    // it is decoded all the same.
    static constexpr std::size_t late_head = 1024;
    static constexpr std::size_t empty_frame = 256;
    static constexpr std::size_t most_forgiven = 16 * 1024 * 1024;
    // Bytes for nobody that are worth a frame for nothing.
    static constexpr std::size_t waste_unit = 1024;

    static bool has(const nghttp2_frame_hd& frame, std::uint8_t flag) noexcept {
        return (frame.flags & flag) != 0;
    }
    bool add(abuse kind, time_point now) noexcept {
        return score_.add(kind, now) != abuse_score::level::cut;
    }
    bool bears_waste(std::size_t bytes, time_point now) noexcept {
        const auto for_free = std::min(bytes, forgiven_);
        forgiven_ -= for_free;
        wasted_ += bytes - for_free;
        bool good = true;
        for (; wasted_ >= waste_unit && good; wasted_ -= waste_unit)
            good = add(abuse::unknown_frames, now);
        return good;
    }
    void forgive(std::size_t bytes) noexcept {
        forgiven_ = std::min(forgiven_ + bytes, most_forgiven);
    }
    bool is_forgiven(std::size_t bytes) noexcept {
        if (forgiven_ < bytes)
            return false;
        forgiven_ -= bytes;
        return true;
    }

    abuse_score score_;
    std::size_t told_ = 0;  // bytes of frames told of that are still to be read
    std::size_t wasted_ = 0;
    std::size_t forgiven_ = 0;
};

}  // namespace sluice::http::h2
