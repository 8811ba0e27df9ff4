// SPDX-License-Identifier: Apache-2.0
#include "routing/path_tree.hpp"

#include <algorithm>

namespace sluice::routing {

path_tree::node_id path_tree::add_node(node_id parent) {
    nodes_.emplace_back();
    parents_.push_back(parent);
    return static_cast<node_id>(nodes_.size() - 1);
}

path_tree::node_id path_tree::add_root() { return add_node(none); }

path_tree::node_id path_tree::add_path(node_id root, std::string_view path) {
    node_id at = root;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const auto fresh = static_cast<node_id>(nodes_.size());
        const node_id child = children_.keep(at, path.substr(1, end - 1), fresh);
        if (child == fresh) {
            add_node(at);
            nodes_[at].has_children = 1;
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
    for (auto one = entries_.begin(); one != entries_.end();) {
        const auto end = std::find_if(one, entries_.end(), [&](const entry& other) {
            return other.at != one->at || other.which != one->which;
        });
        list& into = nodes_[one->at].lists[index(one->which)];
        into.count = static_cast<std::uint32_t>(end - one);
        into.first = into.count == 1 ? one->rank : static_cast<std::uint32_t>(ranks_.size());
        for (; one != end; ++one)
            if (into.count > 1)
                ranks_.push_back(one->rank);
    }
    entries_ = {};
    const auto has_prefixes = [](const node& one) {
        return one.lists[index(slot::prefix)].count + one.lists[index(slot::below)].count > 0;
    };
    for (node_id id = 0; id < nodes_.size();
         ++id)  // a parent is older than its children, so its own link is ready
        if (const node_id parent = parents_[id]; parent != none)
            nodes_[id].up = has_prefixes(nodes_[parent]) ? parent : nodes_[parent].up;
    parents_ = {};
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

}  // namespace sluice::routing
