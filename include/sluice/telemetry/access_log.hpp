// SPDX-License-Identifier: Apache-2.0
// The access log: a line a request (contract: "Access log"). Workers format into a bounded ring of
// their own; one writer thread does the file writes. A full ring drops the line and counts it; it
// never blocks a worker.
#pragma once

#include "sluice/telemetry/settings.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace sluice::telemetry {

/// Everything a line says. Empty texts and negative numbers are written as null (json) or `-`
/// (text).
struct access_record {
    std::chrono::system_clock::time_point started;
    std::string_view request_id, client, consumer, method, host, path, protocol;
    int status = -1;
    std::uint64_t bytes_in = 0, bytes_out = 0;  ///< body bytes
    std::chrono::nanoseconds duration{0};
    std::chrono::nanoseconds upstream{-1};  ///< waiting for nodes; negative: none was asked
    std::string_view route, service, node;
    unsigned attempts = 0;
    std::string_view error;  ///< a word of the contract's table, client_gone or upstream_closed
};

class access_log {
    struct state;

public:
    /// The place the log is to write to and, for one that was always off, all it writes with: made
    /// and not yet used, so that what can fail of a change has failed before it. Undone by its end.
    class opened {
    public:
        opened(opened&&) noexcept;
        opened& operator=(opened&&) = delete;
        ~opened();

    private:
        friend class access_log;
        explicit opened(int descriptor) noexcept;
        int descriptor_;  ///< none: the log is off, or what was made has it
        std::unique_ptr<state> made_;
    };

    /// Opens the file (append) and starts the writer thread. Throws std::system_error naming the
    /// file when it cannot.
    explicit access_log(const access_log_settings&, unsigned threads);
    ~access_log();  ///< writes what is still in the rings, then stops

    /// False when the log is off: nobody need fill a record.
    bool enabled() const noexcept { return enabled_.load(std::memory_order_acquire); }

    /// Thread: any worker; `thread` is its index below `threads`, one writer per index. Never
    /// blocks, never allocates.
    void write(unsigned thread, const access_record&) noexcept;

    /// Reopens the file after a rotation (SIGUSR1). Thread: control. The old file is kept on
    /// failure, which is logged.
    void reopen();

    /// Opens the place these settings lead to, for change(). Throws std::system_error, naming the
    /// file when it cannot be opened. Thread: control.
    opened prepare(const access_log_settings&) const;
    /// Other settings from now on. `place` is where they lead; none: to the same place as before.
    /// The old file is closed once what is queued for it is written. Thread: control.
    void change(const access_log_settings&, std::optional<opened> place) noexcept;

    /// Writes what is still queued and ends the log, for a process that ends without destroying
    /// it. Nobody may write() any more. Thread: control.
    void end() noexcept;

    /// Lines dropped because a ring was full or the file could not be written. Any thread.
    std::uint64_t dropped() const noexcept;

private:
    unsigned threads_;
    std::atomic<bool> enabled_{false};
    std::unique_ptr<state> state_;  ///< made when the log is first on, and kept
};

}  // namespace sluice::telemetry
