// SPDX-License-Identifier: Apache-2.0
// The minimum rate (contract: timeouts.min_rate): bytes a second, averaged over 30 s of waiting for
// that client. A byte every 29 s passes every idle deadline; this is what ends it.
#pragma once

#include "sluice/base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace sluice::http {

class rate_guard {
public:
    void wait_begins(time_point now) noexcept { since_ = now; }

    /// The same of many who wait for one and the same: the first of them begins it.
    void wait_goes_on(time_point now) noexcept {
        if (since_ == time_point{})
            since_ = now;
    }

    /// Bytes moved after a wait (or without one). False once the average fell below `least` bytes a
    /// second.
    bool moved(time_point now, std::uint64_t bytes, std::uint64_t least) noexcept {
        bytes_ += bytes;
        if (since_ == time_point{})
            return true;
        waited_ += now - since_;
        since_ = {};
        if (waited_ < window)
            return true;
        const auto seconds = std::chrono::duration<double>(waited_).count();
        const bool enough = static_cast<double>(bytes_) >= static_cast<double>(least) * seconds;
        waited_ = {};
        bytes_ = 0;
        return enough;
    }

    void reset() noexcept { *this = {}; }

private:
    static constexpr std::chrono::seconds window{30};
    time_point since_{};
    duration waited_{};
    std::uint64_t bytes_ = 0;
};

}  // namespace sluice::http
