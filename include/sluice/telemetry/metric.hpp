// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms with one cell per thread: a worker adds to its own cell with a
// plain relaxed store, a scrape sums the cells. Families and series are made on first use and
// counted against max_series.
#pragma once

#include "sluice/telemetry/settings.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::telemetry {

using labels = std::vector<std::pair<std::string, std::string>>;

/// A count that only grows. add() is for the thread that owns the cell `thread`.
class counter {
public:
    explicit counter(unsigned threads) : cells_(threads) {}
    void add(unsigned thread, std::uint64_t by = 1) noexcept {
        auto& mine = cells_[thread].value;
        mine.store(mine.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    std::uint64_t sum() const noexcept;

private:
    struct alignas(64) cell {
        std::atomic<std::uint64_t> value{0};
    };
    std::vector<cell> cells_;
};

/// A level that goes up and down, a part of it in each thread.
class gauge {
public:
    explicit gauge(unsigned threads) : cells_(threads) {}
    void add(unsigned thread, std::int64_t by) noexcept {
        auto& mine = cells_[thread].value;
        mine.store(mine.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    std::int64_t sum() const noexcept;

private:
    struct alignas(64) cell {
        std::atomic<std::int64_t> value{0};
    };
    std::vector<cell> cells_;
};

/// How often a duration fell into each of the buckets 0.5 ms to 60 s.
class histogram {
public:
    static constexpr std::size_t bucket_count = 16;    ///< the last one is +Inf
    static std::span<const double> bounds() noexcept;  ///< seconds, bucket_count - 1 of them

    explicit histogram(unsigned threads) : cells_(threads) {}
    void observe(unsigned thread, std::chrono::nanoseconds took) noexcept;

    /// cumulative, seconds
    struct reading {
        std::uint64_t buckets[bucket_count];
        std::uint64_t count;
        double sum;
    };
    reading sum() const noexcept;

private:
    struct alignas(64) cell {
        std::atomic<std::uint64_t> buckets[bucket_count]{};
        std::atomic<std::uint64_t> nanoseconds{0};
    };
    std::vector<cell> cells_;
};

/// Every series of the process. Making one takes a lock, using one does not. A series lives as long
/// as somebody holds it and disappears from the page after that.
class registry {
public:
    registry(const metrics_settings&, unsigned threads);
    ~registry();

    std::shared_ptr<counter> make_counter(std::string_view family, labels);
    /// One that leaves the page with `guard` too, whoever still holds it; made again after that, it
    /// is another one and begins at 0. An empty guard is none.
    std::shared_ptr<counter> make_counter(std::string_view family, labels,
                                          std::weak_ptr<const void> guard);
    std::shared_ptr<gauge> make_gauge(std::string_view family, labels);
    std::shared_ptr<histogram> make_histogram(std::string_view family, labels);

    /// A value read at scrape time (uptime, generation, dropped lines), on the scraping thread, one
    /// scrape at a time and under no lock that making a series takes. It counts against max_series
    /// but is never folded into "other": the program makes these, not its traffic. The same labels
    /// again replace the reading; one that a scrape has begun may still run after that, so what it
    /// borrows outlives the registry's last text().
    enum class reading_kind { counter, gauge };
    void watch(std::string_view family, labels, reading_kind, std::function<double()> read);

    /// A whole family read at scrape time, under the terms of watch(), for series that come and go
    /// with what is configured: `read` calls `tell` with the labels and the value of each. Those of
    /// one page count against max_series until the next one.
    using teller = std::function<void(labels, double)>;
    void watch_family(std::string_view family, reading_kind,
                      std::function<void(const teller& tell)> read);

    unsigned threads() const noexcept { return threads_; }

    /// Another bound for series made from now on; what is there stays. Any thread.
    void set_max_series(std::size_t most) noexcept;

    /// The page of /metrics in the Prometheus text format. Any thread, but not from inside a
    /// watched reading. Those who make series meanwhile wait for a short piece of the walk at most,
    /// never for the page.
    std::string text() const;

private:
    struct state;
    unsigned threads_;
    std::unique_ptr<state> state_;
};

}  // namespace sluice::telemetry
