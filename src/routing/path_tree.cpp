// SPDX-License-Identifier: Apache-2.0
#include "routing/path_tree.hpp"

#include <algorithm>

namespace sluice::routing {

path_tree::node_id path_tree::add_node(node_id parent) {
    nodes_.emplace_back().parent = parent;
    return static_cast<node_id>(nodes_.size() - 1);
}

path_tree::node_id path_tree::add_root() {
    return add_node(none);
}

path_tree::node_id path_tree::add_path(node_id root, std::string_view path) {
    node_id at = root;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        node_id& child = children_.at(at, path.substr(1, end - 1));
        if (child == none) {
            child = add_node(at);
            nodes_[at].has_children = true;
        }
        at = child;
        path.remove_prefix(end);
    }
    return at;
}

void path_tree::add_rank(node_id at, slot which, std::uint32_t rank) {
    entries_.push_back({at, which, rank});
}

void path_tree::finish() {
    std::sort(entries_.begin(), entries_.end());
    // A rule may name a host twice; it is tried once.
    entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
    ranks_.reserve(entries_.size());
    for (const entry& one : entries_) {
        list& into = nodes_[one.at].lists[index(one.which)];
        if (into.count++ == 0)
            into.first = static_cast<std::uint32_t>(ranks_.size());
        ranks_.push_back(one.rank);
    }
    entries_ = {};
    const auto has_prefixes = [](const node& one) {
        return one.lists[index(slot::prefix)].count + one.lists[index(slot::below)].count > 0;
    };
    for (node& one : nodes_)  // a parent is older than its children, so its own link is ready
        if (one.parent != none)
            one.up = has_prefixes(nodes_[one.parent]) ? one.parent : nodes_[one.parent].up;
}

path_tree::position path_tree::descend(node_id root, std::string_view path) const noexcept {
    node_id at = root;
    while (!path.empty()) {
        const bool slash = path.front() == '/';  // all but the `*` of OPTIONS
        if (!slash || !nodes_[at].has_children)
            return {at, false, slash};
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const node_id child = children_.find(at, path.substr(1, end - 1));
        if (child == none)
            return {at, false, true};
        at = child;
        path.remove_prefix(end);
    }
    return {at, true, false};
}

} // namespace sluice::routing
