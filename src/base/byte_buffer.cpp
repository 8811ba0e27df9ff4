// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/byte_buffer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace sluice {

namespace {

// Blocks of the usual sizes are kept by the thread that freed them; odd sizes (a head over 126
// KiB) go back at once.
class block_list {
public:
    explicit block_list(std::size_t size, std::size_t keep) : size_(size), keep_(keep) {}
    block_list(const block_list&) = delete;
    block_list& operator=(const block_list&) = delete;
    ~block_list() {
        for (char* block : free_) {
            let_use(block);
            delete[] block;
        }
    }

    char* take() {
        if (free_.empty())
            return new char[size_];
        char* block = free_.back();
        free_.pop_back();
        let_use(block);
        return block;
    }
    void give(char* block) noexcept {
        if (free_.size() < keep_ && free_.size() < free_.capacity()) {
            free_.push_back(block);
            forbid_use(block);
        } else {
            delete[] block;
        }
    }
    void prepare() { free_.reserve(keep_); }
    std::size_t size() const noexcept { return size_; }

private:
    // A view into a block that was given back is a mistake the address sanitizer shall find.
#ifdef __SANITIZE_ADDRESS__
    void let_use(char* block) const noexcept { ASAN_UNPOISON_MEMORY_REGION(block, size_); }
    void forbid_use(char* block) const noexcept { ASAN_POISON_MEMORY_REGION(block, size_); }
#else
    static void let_use(char*) noexcept {}
    static void forbid_use(char*) noexcept {}
#endif

    std::size_t size_;
    std::size_t keep_;
    std::vector<char*> free_;
};

struct thread_blocks {
    thread_blocks() {
        for (auto& one : lists)
            one.prepare();
    }
    // By size, smallest first.
    std::array<block_list, 3> lists{block_list{byte_buffer::small_block, 256},
                                    block_list{byte_buffer::middle_block, 32},
                                    block_list{byte_buffer::large_block, 32}};

    /// The list of the smallest blocks that hold `total`; null for odd sizes.
    block_list* holding(std::size_t total) noexcept {
        for (auto& one : lists)
            if (total <= one.size())
                return &one;
        return nullptr;
    }
};

// A plain pointer is read without the guard that a thread_local with a constructor needs at every
// use.
constinit thread_local thread_blocks* current_blocks = nullptr;

thread_blocks& make_blocks() {
    thread_local thread_blocks mine;
    current_blocks = &mine;
    return mine;
}

thread_blocks& blocks() { return current_blocks != nullptr ? *current_blocks : make_blocks(); }

}  // namespace

void byte_buffer::reserve(std::size_t total) {
    if (total <= capacity_) {
        std::memmove(block_, block_ + begin_, size());
    } else {
        auto* const list = blocks().holding(total);
        const std::size_t wanted = list != nullptr ? list->size() : total;
        char* bigger = list != nullptr ? list->take() : new char[wanted];
        if (size() != 0)
            std::memcpy(bigger, block_ + begin_, size());
        byte_buffer old;
        old.block_ = std::exchange(block_, bigger);
        old.capacity_ = std::exchange(capacity_, wanted);
    }
    end_ -= begin_;
    begin_ = 0;
}

void byte_buffer::release() noexcept {
    if (block_ == nullptr)
        return;
    if (auto* const list = blocks().holding(capacity_))
        list->give(block_);
    else
        delete[] block_;
    block_ = nullptr;
    begin_ = end_ = capacity_ = 0;
}

}  // namespace sluice
