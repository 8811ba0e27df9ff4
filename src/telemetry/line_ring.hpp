// SPDX-License-Identifier: Apache-2.0
// A bounded queue of log lines from one worker to the log writer: a ring of bytes, one thread puts,
// one thread takes, no lock. Lines stay whole: the taker never sees a part of one.
#pragma once

#include "telemetry/line_output.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::telemetry {

class line_ring {
public:
    /// `size` is a power of two, in bytes.
    explicit line_ring(std::size_t size);

    /// Queues a line with its newline, or counts it as dropped when there is no room. Thread: the
    /// worker.
    bool put(std::string_view line) noexcept;
    /// True when more than half is used. Thread: the worker.
    bool crowded() noexcept;

    /// What is queued now, in whole lines; valid until discard(). Thread: the writer.
    line_pieces queued() const noexcept;
    /// Frees the first `size` bytes of what queued() gave. Thread: the writer.
    void discard(std::size_t size) noexcept;

    /// Any thread.
    std::size_t size() const noexcept { return mask_ + 1; }
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
    std::size_t mask_;
    std::unique_ptr<char[]> bytes_;
    // Positions only grow; both ends on cache lines of their own. The head is stored sequentially
    // consistent: the writer announces its sleep and then looks at the heads, a worker moves its
    // head and then looks for a sleeper.
    alignas(64) std::atomic<std::size_t> head_{0};
    std::size_t known_tail_ = 0;  ///< the worker's last look at tail_
    std::atomic<std::uint64_t> dropped_{0};
    alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace sluice::telemetry
