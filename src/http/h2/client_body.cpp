// SPDX-License-Identifier: Apache-2.0
#include "http/h2/client_body.hpp"

#include <algorithm>
#include <utility>

namespace sluice::http::h2 {

// Blocks are filled and never grown: a view of one that was handed out stays good.
// The first block is small, most bodies are; the next is large where more than half of it may still
// come. What is stalled with a small window so takes little more than the window.
void client_body::append(byte_view bytes, std::size_t window) {
    while (!bytes.empty()) {
        if (blocks_.empty() || blocks_.back().room().empty()) {
            auto& fresh = blocks_.emplace_back();
            const auto to_come = window > size_ ? window - size_ : bytes.size();
            const bool much = size_ != 0 && to_come > byte_buffer::large_block / 2;
            fresh.reserve(much ? byte_buffer::large_block : byte_buffer::small_block);
        }
        auto& last = blocks_.back();
        const auto part = bytes.substr(0, std::min(bytes.size(), last.room().size()));
        last.append(part);
        size_ += part.size();
        bytes.remove_prefix(part.size());
    }
}

void client_body::drop_handed() {
    blocks_.front().consume(handed_);
    size_ -= handed_;
    if (blocks_.front().empty())
        blocks_.erase(blocks_.begin());
    handed_ = 0;
}

byte_view client_body::take(std::size_t& gone) {
    gone = handed_;
    if (handed_ != 0)
        drop_handed();
    if (blocks_.empty())
        return {};
    const auto bytes = blocks_.front().view();
    handed_ = bytes.size();
    return bytes;
}

std::size_t client_body::memory() const noexcept {
    std::size_t all = 0;
    for (const auto& one : blocks_)
        all += one.capacity();
    return all;
}

void client_body::clear() noexcept {
    blocks_.clear();
    size_ = handed_ = 0;
}

}  // namespace sluice::http::h2
