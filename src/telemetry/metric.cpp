// SPDX-License-Identifier: Apache-2.0
// Summing the cells of a metric. Reads are relaxed: a scrape may miss the additions of its own
// moment, and only them.
#include "sluice/telemetry/metric.hpp"

#include <algorithm>
#include <array>

namespace sluice::telemetry {
namespace {

// Dense where a proxy's answers are (milliseconds), with the usual deadlines' neighbourhood at the
// end.
constexpr std::array<double, histogram::bucket_count - 1> bounds_in_seconds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60};

constexpr auto bounds_in_nanoseconds = [] {
    std::array<std::uint64_t, bounds_in_seconds.size()> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i)
        bounds[i] = static_cast<std::uint64_t>(bounds_in_seconds[i] * 1e9 + 0.5);
    return bounds;
}();

void add_to(std::atomic<std::uint64_t>& cell, std::uint64_t by) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t counter::sum() const noexcept {
    std::uint64_t total = 0;
    for (const auto& one : cells_)
        total += one.value.load(std::memory_order_relaxed);
    return total;
}

std::int64_t gauge::sum() const noexcept {
    std::int64_t total = 0;
    for (const auto& one : cells_)
        total += one.value.load(std::memory_order_relaxed);
    return total;
}

std::span<const double> histogram::bounds() noexcept { return bounds_in_seconds; }

void histogram::observe(unsigned thread, std::chrono::nanoseconds took) noexcept {
    const auto length = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    const auto bucket =
        std::lower_bound(bounds_in_nanoseconds.begin(), bounds_in_nanoseconds.end(), length);
    auto& mine = cells_[thread];
    add_to(mine.buckets[static_cast<std::size_t>(bucket - bounds_in_nanoseconds.begin())], 1);
    add_to(mine.nanoseconds, length);
}

histogram::reading histogram::sum() const noexcept {
    reading total{};
    std::uint64_t nanoseconds = 0;
    for (const auto& one : cells_) {
        for (std::size_t i = 0; i < bucket_count; ++i)
            total.buckets[i] += one.buckets[i].load(std::memory_order_relaxed);
        nanoseconds += one.nanoseconds.load(std::memory_order_relaxed);
    }
    for (std::size_t i = 1; i < bucket_count; ++i)
        total.buckets[i] += total.buckets[i - 1];
    total.count = total.buckets[bucket_count - 1];
    total.sum = static_cast<double>(nanoseconds) / 1e9;
    return total;
}

}  // namespace sluice::telemetry
