// SPDX-License-Identifier: Apache-2.0
#include "routing/text_table.hpp"

#include <cstring>
#include <functional>

namespace sluice::routing {

namespace {

/// Only the configuration puts texts in, so a request can at worst walk a run of slots that is
/// short by construction.
std::uint64_t hash_of(std::uint32_t scope, std::string_view text) noexcept {
    const std::uint64_t mixed =
        std::hash<std::string_view>{}(text) ^ (scope * 0x9E37'79B9'7F4A'7C15u);
    const std::uint64_t spread = mixed * 0xD6E8'FEB8'6659'FD93u;
    return spread ^ (spread >> 32);
}

constexpr std::uint32_t upper_half(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

text_table::text_table() : slots_(16) {}

text_table::record text_table::record_at(std::uint32_t offset) const noexcept {
    record one;
    std::memcpy(&one, records_.data() + offset, sizeof one);
    return one;
}

std::string_view text_table::text_at(std::uint32_t offset) const noexcept {
    return {records_.data() + offset + sizeof(record), record_at(offset).length};
}

/// The slot that holds the text, or the empty one where it belongs.
std::size_t text_table::place(std::uint32_t scope, std::string_view text,
                              std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
        const slot& one = slots_[i];
        if (one.record == none)
            return i;
        if (one.hash == upper_half(hash) && record_at(one.record).scope == scope &&
            text_at(one.record) == text)
            return i;
    }
}

std::uint32_t text_table::keep(std::uint32_t scope, std::string_view text, std::uint32_t number) {
    if (2 * (used_ + 1) > slots_.size())
        grow();
    const std::uint64_t hash = hash_of(scope, text);
    slot& one = slots_[place(scope, text, hash)];
    if (one.record != none)
        return record_at(one.record).number;
    one = {upper_half(hash), static_cast<std::uint32_t>(records_.size())};
    const record made{scope, number, static_cast<std::uint32_t>(text.size())};
    const char* bytes = reinterpret_cast<const char*>(&made);
    records_.insert(records_.end(), bytes, bytes + sizeof made);
    records_.insert(records_.end(), text.begin(), text.end());
    ++used_;
    return number;
}

std::uint32_t text_table::find(std::uint32_t scope, std::string_view text) const noexcept {
    const slot& one = slots_[place(scope, text, hash_of(scope, text))];
    return one.record == none ? none : record_at(one.record).number;
}

void text_table::grow() {
    std::vector<slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const slot& one : old) {
        if (one.record == none)
            continue;
        const std::string_view text = text_at(one.record);
        slots_[place(record_at(one.record).scope, text,
                     hash_of(record_at(one.record).scope, text))] = one;
    }
}

}  // namespace sluice::routing
