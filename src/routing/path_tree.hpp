// SPDX-License-Identifier: Apache-2.0
// Exact paths and prefixes of all hosts as trees of path segments, one root a host. A look-up walks
// down as far as segments are known, then up over the prefixes it passed: as long as the path,
// however many routes there are.
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

    /// A number its owner wants to find at a root.
    static constexpr std::uint32_t no_tag = 0x7FFF'FFFF;
    std::uint32_t tag(node_id root) const noexcept { return nodes_[root].tag; }
    void set_tag(node_id root, std::uint32_t tag) noexcept { nodes_[root].tag = tag & no_tag; }

    node_id add_root();
    /// The node of a path without its last slash, made if need be; the path begins with a slash or
    /// is empty.
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

    /// Calls `visit(rank)` for the exact routes of a position; stops and returns true when that
    /// does.
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
    // Kept small: with many routes a match costs its cache misses, and a list of one needs no
    // second.
    struct list {
        std::uint32_t first = 0;  ///< in ranks_; of a list of one the rank itself
        std::uint32_t count = 0;
    };
    struct node {
        node_id up = none;  ///< the nearest node above that has prefixes
        std::uint32_t has_children : 1 = 0;
        std::uint32_t tag : 31 = no_tag;
        list lists[3];
    };
    struct entry {
        node_id at;
        slot which;
        std::uint32_t rank;
        auto operator<=>(const entry&) const = default;
    };

    static constexpr std::size_t index(slot which) noexcept {
        return static_cast<std::size_t>(which);
    }
    node_id add_node(node_id parent);

    template <class Visit>
    bool visit_list(const list& range, Visit&& visit) const {
        if (range.count == 1)
            return visit(range.first);
        for (const std::uint32_t rank : std::span{ranks_}.subspan(range.first, range.count))
            if (visit(rank))
                return true;
        return false;
    }

    std::vector<node> nodes_;
    std::vector<node_id> parents_;  ///< by node; this and entries_ only until finish()
    std::vector<entry> entries_;
    std::vector<std::uint32_t> ranks_;
    text_table children_;  ///< (node, segment) -> node
};

}  // namespace sluice::routing
