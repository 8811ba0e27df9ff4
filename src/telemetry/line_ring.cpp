// SPDX-License-Identifier: Apache-2.0
#include "telemetry/line_ring.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::telemetry {

line_ring::line_ring(std::size_t size)
    : mask_(size - 1), bytes_(std::make_unique_for_overwrite<char[]>(size)) {}

bool line_ring::put(std::string_view line) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head + line.size() - known_tail_ > size())
        known_tail_ = tail_.load(std::memory_order_acquire);
    if (head + line.size() - known_tail_ > size()) {
        dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return false;
    }
    const std::size_t at = head & mask_;
    const std::size_t first = std::min(line.size(), size() - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    head_.store(head + line.size());
    return true;
}

bool line_ring::crowded() noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head - known_tail_ <= size() / 2)
        return false;
    known_tail_ = tail_.load(std::memory_order_acquire);
    return head - known_tail_ > size() / 2;
}

line_pieces line_ring::queued() const noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t count = head_.load() - tail;
    const std::size_t at = tail & mask_;
    const std::size_t first = std::min(count, size() - at);
    return {std::string_view{bytes_.get() + at, first},
            std::string_view{bytes_.get(), count - first}};
}

void line_ring::discard(std::size_t count) noexcept {
    tail_.store(tail_.load(std::memory_order_relaxed) + count, std::memory_order_release);
}

}  // namespace sluice::telemetry
