// SPDX-License-Identifier: Apache-2.0
// Exact paths and prefixes of all hosts as trees of path segments, one root a host. A look-up walks down as far as
// segments are known, then up over the prefixes it passed: as long as the path, however many routes there are.
#pragma once

#include "routing/text_table.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::routing {

/// Filled once, then only read. Routes are kept as ranks: the lower, the sooner it is tried.
class path_tree {
public:
    using node_id = std::uint32_t;
    static constexpr node_id none = text_table::none;

    /// `below` is a prefix that ends with a slash: `/a/` matches `/a/` and `/a/b`, but not `/a`.
    enum class slot : std::uint8_t { exact, prefix, below };

    node_id add_root();
    /// The node of a path without its last slash, made if need be; the path begins with a slash or is empty.
    node_id add_path(node_id root, std::string_view path);
    void add_rank(node_id at, slot which, std::uint32_t rank);
    /// Sorts what was added; after it the tree is only read.
    void finish();

    /// How far a path leads from a root.
    struct position {
        node_id deepest;
        bool whole;  ///< the path ends at that node
        bool below;  ///< the path goes on behind it with a slash
    };
    position descend(node_id root, std::string_view path) const noexcept;

    /// Calls `visit(rank)` for the exact routes of a position; stops and returns true when that does.
    template <class Visit>
    bool visit_exact(position at, Visit&& visit) const {
        return at.whole && visit_list(nodes_[at.deepest].lists[index(slot::exact)], visit);
    }

    /// The same for the prefixes of a position, the longest first.
    template <class Visit>
    bool visit_prefixes(position at, Visit&& visit) const {
        bool below = at.below;
        for (node_id id = at.deepest; id != none; id = nodes_[id].up, below = true) {
            const node& one = nodes_[id];
            if (below && visit_list(one.lists[index(slot::below)], visit))
                return true;
            if (visit_list(one.lists[index(slot::prefix)], visit))
                return true;
        }
        return false;
    }

private:
    struct list {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    struct node {
        node_id parent = none;
        node_id up = none;      ///< the nearest node above that has prefixes
        bool has_children = false;
        list lists[3];
    };
    struct entry {
        node_id at;
        slot which;
        std::uint32_t rank;
        auto operator<=>(const entry&) const = default;
    };

    static constexpr std::size_t index(slot which) noexcept { return static_cast<std::size_t>(which); }
    node_id add_node(node_id parent);

    template <class Visit>
    bool visit_list(const list& range, Visit&& visit) const {
        for (const std::uint32_t rank : std::span{ranks_}.subspan(range.first, range.count))
            if (visit(rank))
                return true;
        return false;
    }

    std::vector<node> nodes_;
    std::vector<entry> entries_;  ///< only until finish()
    std::vector<std::uint32_t> ranks_;
    text_table children_;  ///< (node, segment) -> node
};

} // namespace sluice::routing
