// SPDX-License-Identifier: Apache-2.0
// The `metrics`, `access_log` and `log` blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sluice::telemetry {

struct metrics_settings {
    bool per_route = true;
    bool per_node = true;
    std::size_t max_series = 50'000;  ///< beyond it new series are counted under the label "other"

    friend bool operator==(const metrics_settings&, const metrics_settings&) = default;
};

enum class line_format : std::uint8_t { json, text };

struct access_log_settings {
    std::string path = "stdout";  ///< stdout, stderr, off, or a file
    line_format format = line_format::json;

    friend bool operator==(const access_log_settings&, const access_log_settings&) = default;
};

enum class log_level : std::uint8_t { debug, info, warn, error };

struct log_settings {
    log_level level = log_level::info;
    line_format format = line_format::text;

    friend bool operator==(const log_settings&, const log_settings&) = default;
};

}  // namespace sluice::telemetry
