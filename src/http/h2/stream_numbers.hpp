// SPDX-License-Identifier: Apache-2.0
// Which numbers a client has given to streams. One it passed over is closed for good (RFC 9113
// section 5.1.1); nghttp2 cannot tell it from one it has forgotten, and ignores frames for either.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice::http::h2 {

class stream_numbers {
public:
    /// A HEADERS frame came for this stream. False when its number was passed over before.
    bool take(std::int32_t id) noexcept {
        if (id <= last_)
            return std::none_of(gaps_.begin(), gaps_.begin() + count_,
                                [id](const gap& one) { return one.first <= id && id <= one.last; });
        if (id > last_ + 2)
            remember({last_ + 1, id - 1});
        last_ = id;
        return true;
    }

private:
    struct gap {
        std::int32_t first = 0;
        std::int32_t last = 0;
    };

    // Clients count by two; one that skips more often is no longer watched as closely.
    void remember(gap one) noexcept {
        if (count_ == gaps_.size())
            return;
        gaps_[count_++] = one;
    }

    std::array<gap, 8> gaps_{};
    std::size_t count_ = 0;
    std::int32_t last_ = -1;
};

}  // namespace sluice::http::h2
