// SPDX-License-Identifier: Apache-2.0
// The error log of the gateway itself, to stderr, as text or JSON (spdlog underneath, asynchronous
// and bounded). error: a human must act; warn: degraded; info: state changed; debug: per request.
#pragma once

#include "sluice/telemetry/settings.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sluice::telemetry {

/// Starts the log; before it, lines go to stderr synchronously. Thread: main, once.
void start_log(const log_settings&);
/// Writes what is queued and stops. Thread: main, last.
void stop_log();

void set_log_level(log_level) noexcept;  ///< any thread
log_level current_log_level() noexcept;  ///< any thread
std::string_view name_of(log_level) noexcept;
void set_log_format(line_format) noexcept;  ///< any thread

/// Lines dropped because the queue was full. Any thread.
std::uint64_t log_lines_dropped() noexcept;

bool log_enabled(log_level) noexcept;
/// One line; control characters in `text` are escaped. Any thread; never blocks.
void log_line(log_level, std::string_view text) noexcept;

template <class... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
    if (log_enabled(log_level::debug))
        log_line(log_level::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
    if (log_enabled(log_level::info))
        log_line(log_level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(fmt::format_string<Args...> text, Args&&... args) {
    if (log_enabled(log_level::warn))
        log_line(log_level::warn, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> text, Args&&... args) {
    if (log_enabled(log_level::error))
        log_line(log_level::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace sluice::telemetry
