// SPDX-License-Identifier: Apache-2.0
// What is counted about one node: a cell per worker, written by that worker alone and read by the
// admin API. Lives as long as the node is in the table, whatever table that is.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::service {

class node_stats {
public:
    explicit node_stats(unsigned workers) : cells_(workers) {}

    void count_request(unsigned worker) noexcept {
        bump<std::uint64_t>(cells_[worker].requests, 1);
    }
    /// Changes of the connections a worker has: two pools of one node may stand beside each other
    /// for a while after a change of the table.
    void add_connections(unsigned worker, std::int64_t open, std::int64_t idle) noexcept {
        bump(cells_[worker].open, open);
        bump(cells_[worker].idle, idle);
    }
    /// Remembers why the node last failed; failures are rare, so a lock is fine. Any thread.
    void set_last_error(std::string_view words) {
        const std::lock_guard lock(guard_);
        last_error_ = words;
    }

    struct numbers {
        std::uint64_t requests = 0;
        std::int64_t open = 0;
        std::int64_t idle = 0;
    };
    struct reading : numbers {
        std::string last_error;
    };
    /// Sums the cells; takes no lock. Any thread.
    numbers sum() const noexcept;
    /// The sums and the text, which is copied under its lock. Any thread.
    reading read() const;

private:
    struct alignas(64) cell {
        std::atomic<std::uint64_t> requests{0};
        std::atomic<std::int64_t> open{0};
        std::atomic<std::int64_t> idle{0};
    };
    template <class T>
    static void bump(std::atomic<T>& one, T by) noexcept {
        one.store(one.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    std::vector<cell> cells_;
    mutable std::mutex guard_;
    std::string last_error_;
};

}  // namespace sluice::service
