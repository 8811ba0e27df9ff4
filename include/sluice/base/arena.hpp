// SPDX-License-Identifier: Apache-2.0
// Short-lived bytes of one exchange: a bump allocator that is reset, not freed, when the exchange
// ends. One arena belongs to one exchange and so to one thread.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice {

class arena {
public:
    arena() = default;
    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    /// Room for `size` bytes, valid until reset().
    char* allocate(std::size_t size) {
        if (size > sizeof first_ - used_)
            return allocate_slow(size);
        char* room = first_ + used_;
        used_ += size;
        return room;
    }

    /// A copy of `text` that lives until reset().
    std::string_view keep(std::string_view text) {
        char* room = allocate(text.size());
        std::memcpy(room, text.data(), text.size());
        return {room, text.size()};
    }

    /// Forgets everything handed out.
    void reset() noexcept {
        used_ = 0;
        more_.clear();
    }

private:
    char* allocate_slow(std::size_t size) {
        more_.push_back(std::make_unique_for_overwrite<char[]>(size));
        return more_.back().get();
    }

    std::size_t used_ = 0;
    char first_[1024];
    std::vector<std::unique_ptr<char[]>> more_;  // rare: long paths that had to be rewritten
};

}  // namespace sluice
