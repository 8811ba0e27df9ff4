// SPDX-License-Identifier: Apache-2.0
#include "routing/text_table.hpp"

#include <functional>

namespace sluice::routing {

namespace {

/// Only the configuration puts texts in, so a request can at worst walk a run of slots that is short by construction.
std::uint64_t hash_of(std::uint32_t scope, std::string_view text) noexcept {
    const std::uint64_t mixed = std::hash<std::string_view>{}(text) ^ (scope * 0x9E37'79B9'7F4A'7C15u);
    const std::uint64_t spread = mixed * 0xD6E8'FEB8'6659'FD93u;
    return spread ^ (spread >> 32);
}

constexpr std::uint32_t upper_half(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32);
}

} // namespace

text_table::text_table() : slots_(16) {}

/// The slot that holds the text, or the empty one where it belongs.
std::size_t text_table::place(std::uint32_t scope, std::string_view text, std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
        const slot& one = slots_[i];
        if (one.offset == none)
            return i;
        if (one.hash == upper_half(hash) && one.scope == scope &&
            std::string_view{texts_.data() + one.offset, one.length} == text)
            return i;
    }
}

std::uint32_t& text_table::at(std::uint32_t scope, std::string_view text) {
    if (2 * (used_ + 1) > slots_.size())
        grow();
    const std::uint64_t hash = hash_of(scope, text);
    slot& one = slots_[place(scope, text, hash)];
    if (one.offset == none) {
        one = {upper_half(hash), scope, static_cast<std::uint32_t>(texts_.size()),
               static_cast<std::uint32_t>(text.size()), none};
        texts_ += text;
        ++used_;
    }
    return one.number;
}

std::uint32_t text_table::find(std::uint32_t scope, std::string_view text) const noexcept {
    return slots_[place(scope, text, hash_of(scope, text))].number;
}

void text_table::grow() {
    std::vector<slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const slot& one : old) {
        if (one.offset == none)
            continue;
        const std::string_view text{texts_.data() + one.offset, one.length};
        slots_[place(one.scope, text, hash_of(one.scope, text))] = one;
    }
}

} // namespace sluice::routing
