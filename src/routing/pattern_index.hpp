// SPDX-License-Identifier: Apache-2.0
// The path regexes of all hosts, kept under the literal text each must begin with, so that a
// request runs only those that can match: `/a/[0-9]+` is not tried on `/b/1`. Regexes that begin
// alike are tried one after the other.
#pragma once

#include "routing/pattern.hpp"
#include "routing/text_table.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::routing {

/// Filled once, then only read. Routes are kept as ranks: the lower, the sooner it is tried.
class pattern_index {
public:
    using group_id = std::uint32_t;
    static constexpr group_id none = text_table::none;

    /// A group for the regexes of one host.
    group_id add_group();
    /// `literal` is the expression's literal_prefix.
    void add(group_id group, std::string_view literal, std::shared_ptr<const pattern> expression,
             std::uint32_t rank);
    /// Sorts what was added; after it the index is only read.
    void finish();

    static constexpr std::size_t longest_literal = 47;

    /// Calls `visit(rank)` for every regex of the group that matches the path, lowest rank first;
    /// stops and returns true when that does.
    template <class Visit>
    bool visit(group_id group, std::string_view path, Visit&& visit) const {
        cursors open{*this, group, path};
        while (const entry* one = open.next())
            if (one->expression->matches(path) && visit(one->rank))
                return true;
        return false;
    }

private:
    struct entry {
        std::uint32_t rank;
        std::shared_ptr<const pattern> expression;
    };
    using bucket = std::vector<entry>;

    /// Merges the buckets whose literal the path begins with; at most one a literal length.
    class cursors {
    public:
        cursors(const pattern_index& index, group_id group, std::string_view path) noexcept;
        const entry* next() noexcept;

    private:
        struct stretch {
            const entry* at;
            const entry* end;
        };
        std::array<stretch, longest_literal + 1> open_;
        std::size_t count_ = 0;
    };

    std::vector<std::vector<std::uint8_t>> lengths_;  ///< by group: the literal lengths in use
    std::vector<bucket> buckets_;
    text_table table_;  ///< (group, literal) -> bucket
};

}  // namespace sluice::routing
