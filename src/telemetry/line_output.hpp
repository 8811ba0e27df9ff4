// SPDX-License-Identifier: Apache-2.0
// Where a log's lines end up: a file, a pipe or a terminal. Written by the one thread that may
// block on it; a full disk or a closed pipe costs lines, counted, and never more than that. Used by
// the access log and the error log.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::telemetry {

/// Whole lines, each with its newline, in one or two pieces.
using line_pieces = std::array<std::string_view, 2>;

/// Opens `path` for appending (mode 0640). Throws std::system_error naming the file.
int open_log_file(const std::string& path);

class line_output {
public:
    enum class ownership { owned, borrowed };

    line_output(int descriptor, ownership) noexcept;
    ~line_output();
    line_output(const line_output&) = delete;
    line_output& operator=(const line_output&) = delete;

    /// Writes all of it, waiting for a slow reader; what cannot be written is dropped and counted.
    /// Half a line is taken back out of a log file; elsewhere, where what was written stays, it is
    /// closed with a newline before the next one. Returns 0, or the errno that made lines drop.
    /// Thread: the writer.
    int write(line_pieces) noexcept;

    /// For replace(): what is written from then on goes nowhere, and is no loss.
    static constexpr int nowhere = -2;

    /// Writes to this owned descriptor from the next write() or settle() on; goes `nowhere` with
    /// the next settle(). Thread: any; never waits.
    void replace(int descriptor) noexcept;
    /// Nothing is queued: lets go of a place that was replaced. Thread: the writer.
    void settle() noexcept { adopt_replacement(); }

    bool is_replaced() const noexcept { return replacement_ != no_replacement; }

    /// From now on slow readers are waited for at most `grace` in all. Thread: any.
    void hurry(std::chrono::milliseconds grace) noexcept;

    /// Lines lost since the start. Any thread.
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
    void adopt_replacement() noexcept;
    void let_go() noexcept;
    void look_at_descriptor() noexcept;
    int write_piece(std::string_view& left) noexcept;
    bool wait_for_room() noexcept;
    void take_back_half() noexcept;

    int descriptor_;
    ownership ownership_;
    bool blocks_ = false;      ///< a pipe, socket or terminal: its reader may be slow
    bool takes_back_ = false;  ///< a file of our own, written at its end
    std::size_t half_ = 0;     ///< bytes written behind the last newline
    static constexpr int no_replacement = -1;
    std::atomic<int> replacement_{no_replacement};
    std::atomic<std::int64_t> deadline_;  ///< steady nanoseconds
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace sluice::telemetry
