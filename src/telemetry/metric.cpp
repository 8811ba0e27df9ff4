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
constexpr std::array<double, histogram::bucket_count - 1> bounds_as_written{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60};

constexpr auto upper_bounds = [] {
    std::array<std::chrono::nanoseconds, bounds_as_written.size()> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i)
        bounds[i] = std::chrono::round<std::chrono::nanoseconds>(
            std::chrono::duration<double>{bounds_as_written[i]});
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

std::span<const double> histogram::bounds() noexcept { return bounds_as_written; }

void histogram::observe(unsigned thread, std::chrono::nanoseconds took) noexcept {
    const auto length = std::max(took, std::chrono::nanoseconds::zero());
    const auto bucket = std::lower_bound(upper_bounds.begin(), upper_bounds.end(), length);
    auto& mine = cells_[thread];
    add_to(mine.buckets[static_cast<std::size_t>(bucket - upper_bounds.begin())], 1);
    add_to(mine.nanoseconds, static_cast<std::uint64_t>(length.count()));
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
