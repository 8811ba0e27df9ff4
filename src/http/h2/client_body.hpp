// SPDX-License-Identifier: Apache-2.0
// Bytes of a response body that came over a shared connection before anybody asked for them. The
// window its node was granted bounds them. Used by client_stream.
#pragma once

#include "sluice/base/byte_buffer.hpp"

#include <cstddef>
#include <vector>

namespace sluice::http::h2 {

class client_body {
public:
    /// `window`: how many bytes may be here at most, this piece among them.
    void append(byte_view bytes, std::size_t window);
    /// The bytes that came first and lie together, good until the next call of take() or clear().
    /// What was taken before is forgotten; `gone` says how many bytes that were.
    byte_view take(std::size_t& gone);
    /// Nothing is here beyond what take() handed out last.
    bool drained() const noexcept { return size_ == handed_; }
    std::size_t size() const noexcept { return size_; }
    /// Bytes of its blocks.
    std::size_t memory() const noexcept;
    void clear() noexcept;

private:
    void drop_handed();

    std::vector<byte_buffer> blocks_;  // oldest first; few, so the front is cut off
    std::size_t size_ = 0;
    std::size_t handed_ = 0;  // of the front block
};

}  // namespace sluice::http::h2
