// SPDX-License-Identifier: Apache-2.0
// One contiguous window of bytes in a block taken from this thread's free list. Read into its room,
// parse its view, consume from its front. An empty buffer can give its block back, so an idle
// connection holds none. Thread: a buffer stays on the thread that made it.
#pragma once

#include "sluice/base/bytes.hpp"

#include <cstddef>
#include <cstring>
#include <utility>

namespace sluice {

class byte_buffer {
public:
    /// A head, and the body of 16 KiB that many senders write behind it, in one read.
    static constexpr std::size_t small_block = 20 * 1024;
    /// A segment. What was read in one piece should leave as whole ones, and 64 KiB of payload would
    /// take a second one of some bytes, on loopback (an MTU of 64 KiB) as on a wire (the largest
    /// offloaded segment is 64 KiB with its headers).
    static constexpr std::size_t middle_block = 63 * 1024;
    /// Bodies: two segments at a time halve the calls and still lie in the processor's second cache
    /// when they leave.
    static constexpr std::size_t large_block = 2 * middle_block;

    byte_buffer() = default;
    ~byte_buffer() { release(); }
    byte_buffer(byte_buffer&& other) noexcept { swap(other); }
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        release();
        swap(other);
        return *this;
    }

    byte_view view() const noexcept { return {block_ + begin_, end_ - begin_}; }
    char* data() noexcept { return block_ + begin_; }
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    std::size_t capacity() const noexcept { return capacity_; }

    /// Free room behind the window. Takes a small block when there is none; never moves bytes
    /// otherwise.
    mutable_bytes room() {
        if (block_ == nullptr)
            reserve(small_block);
        return {block_ + end_, capacity_ - end_};
    }
    /// `count` bytes of room() now belong to the window.
    void commit(std::size_t count) noexcept { end_ += count; }
    /// The first `count` bytes are done with. Their storage stays untouched until bytes are moved
    /// or read again.
    void consume(std::size_t count) noexcept { begin_ += count; }
    /// Makes room for `total` bytes of window, moving what there is. Views into the buffer end
    /// here.
    void reserve(std::size_t total);
    /// Copies bytes behind the window, growing as needed.
    void append(byte_view bytes) {
        if (bytes.empty())
            return;  // also without a block: memcpy may not see a null pointer
        if (capacity_ - end_ < bytes.size())
            reserve(size() + bytes.size());
        std::memcpy(block_ + end_, bytes.data(), bytes.size());
        end_ += bytes.size();
    }
    /// Forgets the bytes, keeps the block.
    void clear() noexcept { begin_ = end_ = 0; }
    /// Forgets the bytes and gives the block back.
    void release() noexcept;

    void swap(byte_buffer& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
        std::swap(capacity_, other.capacity_);
    }

private:
    char* block_ = nullptr;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace sluice
