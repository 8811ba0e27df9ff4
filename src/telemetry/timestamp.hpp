// SPDX-License-Identifier: Apache-2.0
// RFC 3339 timestamps in UTC with milliseconds. Keeps the text of the last second, since a busy log
// asks for the same one thousands of times. One thread each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sluice::telemetry {

class timestamp {
public:
    static constexpr std::size_t length = 24;  ///< 2026-01-02T03:04:05.678Z

    /// Writes `length` characters at `to` and returns their end. Years outside 0..9999 are not
    /// expected.
    char* write(std::chrono::system_clock::time_point, char* to) noexcept;

private:
    void remember(std::int64_t second) noexcept;

    std::int64_t second_ = -1;
    char text_[length] = {};
};

/// The same text for callers that need it once.
std::string to_timestamp(std::chrono::system_clock::time_point);

}  // namespace sluice::telemetry
