// SPDX-License-Identifier: Apache-2.0
#include "routing/pattern_index.hpp"

#include <algorithm>
#include <span>

namespace sluice::routing {

pattern_index::group_id pattern_index::add_group() {
    lengths_.emplace_back();
    return static_cast<group_id>(lengths_.size() - 1);
}

void pattern_index::add(group_id group, std::string_view literal,
                        std::shared_ptr<const pattern> expression, std::uint32_t rank) {
    literal = literal.substr(0, longest_literal);
    const auto fresh = static_cast<std::uint32_t>(buckets_.size());
    const std::uint32_t number = table_.keep(group, literal, fresh);
    if (number == fresh) {
        buckets_.emplace_back();
        auto& lengths = lengths_[group];
        const auto length = static_cast<std::uint8_t>(literal.size());
        if (std::find(lengths.begin(), lengths.end(), length) == lengths.end())
            lengths.push_back(length);
    }
    buckets_[number].push_back({rank, std::move(expression)});
}

void pattern_index::finish() {
    for (bucket& one : buckets_) {
        std::sort(one.begin(), one.end(),
                  [](const entry& a, const entry& b) { return a.rank < b.rank; });
        // A rule may name a host twice; it is tried once.
        const auto same = [](const entry& a, const entry& b) { return a.rank == b.rank; };
        one.erase(std::unique(one.begin(), one.end(), same), one.end());
    }
}

pattern_index::cursors::cursors(const pattern_index& index, group_id group,
                                std::string_view path) noexcept {
    for (const std::size_t length : index.lengths_[group]) {
        if (length > path.size())
            continue;
        const std::uint32_t number = index.table_.find(group, path.substr(0, length));
        if (number == none)
            continue;
        const bucket& found = index.buckets_[number];
        open_[count_++] = {found.data(), found.data() + found.size()};
    }
}

const pattern_index::entry* pattern_index::cursors::next() noexcept {
    stretch* best = nullptr;
    for (stretch& one : std::span{open_.data(), count_})
        if (one.at != one.end && (!best || one.at->rank < best->at->rank))
            best = &one;
    return best ? best->at++ : nullptr;
}

}  // namespace sluice::routing
