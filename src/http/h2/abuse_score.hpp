// SPDX-License-Identifier: Apache-2.0
// How much of what costs us and brings nothing a client has done on one HTTP/2 connection of late:
// one number, fed by every kind, that decays. A number instead of a bound a kind, because attacks
// mix and honest clients do a little of everything.
#pragma once

#include "sluice/base/clock.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::http::h2 {

enum class abuse : std::uint8_t {
    resets,     ///< streams the client reset (CVE-2023-44487)
    malformed,  ///< streams we had to reset for what the client sent (CVE-2025-8671)
    refused,    ///< streams over the number it was granted
    pings,
    settings,
    priorities,
    window_updates,
    empty_frames,  ///< DATA and HEADERS without a byte but padding
    continuations,
    unknown_frames,
    heads,  ///< far over the limits, or without an end
};
inline constexpr std::size_t abuse_kinds = 11;

constexpr std::string_view word_for(abuse kind) noexcept {
    constexpr std::array<std::string_view, abuse_kinds> words{
        "resets",        "malformed",      "refused",        "pings",
        "settings",      "priorities",     "window_updates", "empty_frames",
        "continuations", "unknown_frames", "heads"};
    return words[static_cast<std::size_t>(kind)];
}

class abuse_score {
public:
    enum class level : std::uint8_t { fine, calm_down, cut };

    explicit abuse_score(time_point now) noexcept : looked_(now) {}

    /// One more of that kind. calm_down from three quarters of the bound on, cut at all of it.
    level add(abuse kind, time_point now) noexcept {
        decay(now);
        score_ += weight(kind);
        return score_ >= bound           ? level::cut
               : score_ * 4 >= bound * 3 ? level::calm_down
                                         : level::fine;
    }

    /// Frames of ours that clients answer with PING or WINDOW_UPDATE: a download brings many, and
    /// gRPC measures the way with pings.
    void earned(unsigned answers) noexcept {
        answers_ = std::min(answers_ + answers, most_answers);
    }
    /// A PING or WINDOW_UPDATE came: false when nothing earned it.
    bool answer_was_earned() noexcept {
        if (answers_ == 0)
            return false;
        --answers_;
        return true;
    }

private:
    // In thousandths of a point, so that short times decay too.
    static constexpr std::uint64_t point = 1000;
    static constexpr std::uint64_t bound = 1000 * point;
    static constexpr std::uint64_t decay_a_millisecond = point / 20;  // 50 points a second
    static constexpr unsigned most_answers = 4096;

    static constexpr std::uint64_t weight(abuse kind) noexcept {
        switch (kind) {
        case abuse::malformed:
        case abuse::settings:
            return 10 * point;
        case abuse::refused:
        case abuse::pings:
        case abuse::empty_frames:
        case abuse::continuations:
            return 4 * point;
        case abuse::resets:
            return 2 * point;
        case abuse::priorities:
        case abuse::window_updates:
        case abuse::unknown_frames:
            return point;
        case abuse::heads:
            return bound;
        }
        return point;
    }

    void decay(time_point now) noexcept {
        const auto passed =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - looked_).count();
        if (passed <= 0)
            return;
        const auto gone = static_cast<std::uint64_t>(passed) * decay_a_millisecond;
        score_ -= std::min(score_, gone);
        looked_ += std::chrono::milliseconds{passed};
    }

    time_point looked_;
    std::uint64_t score_ = 0;
    unsigned answers_ = 256;
};

}  // namespace sluice::http::h2
