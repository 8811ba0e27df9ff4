// SPDX-License-Identifier: Apache-2.0
// Host, then path, then conditions:
//
//   shop.example.com --+   exact host: one hash look-up         inside a host:
//   *.example.com      +-> wildcards: one look-up a label,  ->  exact path      } path_tree
//   *.com              |   the longest first                    regexes           pattern_index
//   (any host) --------+                                        longest prefix  } path_tree
//
// Every list of routes that are equal so far is sorted by rank (more conditions, then order in the
// file). A route whose conditions fail is passed over, also to the next host level.
#include "routing/matcher.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

namespace sluice::routing {

namespace {

enum host_scope : std::uint32_t { exact_scope, wildcard_scope };

/// Rules come in lower case; a table that is only nearly so must not hide a route (CVE-2026-27588).
std::string fold_host(std::string_view host) {
    std::string folded = to_lower(host);
    if (folded.ends_with('.'))
        folded.pop_back();
    return folded;
}

/// What a host, folded, is kept under in the table of names.
std::pair<host_scope, std::string_view> key_of(std::string_view host) noexcept {
    if (!host.starts_with("*."))
        return {exact_scope, host};
    return {wildcard_scope, host.substr(2)};
}

}  // namespace

/// What is needed only while the index is made.
class matcher::builder {
public:
    explicit builder(matcher& made) : into_(made) { into_.any_host_ = into_.paths_.add_root(); }

    void add(const rule& one) {
        const auto rank = static_cast<std::uint32_t>(into_.ranked_.size() - 1);
        if (one.hosts.empty())
            add_path(into_.any_host_, one.path, rank);
        for (const std::string& host : one.hosts)
            add_path(host_of(fold_host(host)), one.path, rank);
    }

private:
    using root_id = path_tree::node_id;

    root_id host_of(std::string_view folded) {
        root_id root = into_.find_host(folded);
        if (root != text_table::none)
            return root;
        const auto [scope, name] = key_of(folded);
        if (scope == wildcard_scope)
            into_.longest_wildcard_ = std::max(into_.longest_wildcard_, name.size());
        into_.names_.keep(scope, name, root = into_.paths_.add_root());
        return root;
    }

    void add_path(root_id root, const path_rule& path, std::uint32_t rank) {
        using slot = path_tree::slot;
        path_tree& tree = into_.paths_;
        if (path.how == path_rule::kind::any)
            return tree.add_rank(root, slot::prefix, rank);
        if (path.how == path_rule::kind::regex)
            return add_pattern(root, path.text, rank);
        std::string_view text = path.text;
        if (!text.starts_with('/'))
            return;
        if (path.how == path_rule::kind::exact)
            return tree.add_rank(tree.add_path(root, text), slot::exact, rank);
        const bool below = text.ends_with('/');
        text.remove_suffix(below ? 1 : 0);
        tree.add_rank(tree.add_path(root, text), below ? slot::below : slot::prefix, rank);
    }

    void add_pattern(root_id root, const std::string& text, std::uint32_t rank) {
        auto& [expression, literal] = compiled_[text];
        if (!expression) {
            expression = std::make_shared<pattern>(text);
            literal = literal_prefix(text, pattern_index::longest_literal);
        }
        pattern_index::group_id group = into_.paths_.tag(root);
        if (group == path_tree::no_tag)
            into_.paths_.set_tag(root, group = into_.regexes_.add_group());
        into_.regexes_.add(group, literal, expression, rank);
    }

    struct compiled {
        std::shared_ptr<const pattern> expression;
        std::string literal;
    };

    matcher& into_;
    std::unordered_map<std::string, compiled>
        compiled_;  ///< one object for a pattern that many rules use
};

matcher::matcher(std::span<const rule> rules) {
    std::vector<std::size_t> weights(rules.size());
    std::transform(rules.begin(), rules.end(), weights.begin(), conditions::count);
    std::vector<std::uint32_t> order(rules.size());
    std::iota(order.begin(), order.end(), 0u);
    // Ordered by place in the file among equals: std::stable_sort warns under clang 19 with this
    // libstdc++.
    std::sort(order.begin(), order.end(), [&](auto a, auto b) {
        return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
    });

    builder build{*this};
    ranked_.reserve(rules.size());
    for (const std::uint32_t route : order) {
        ranked_.push_back({route, text_table::none});
        if (weights[route] > 0) {
            ranked_.back().conditions = static_cast<std::uint32_t>(conditions_.size());
            conditions_.emplace_back(rules[route]);
        }
        build.add(rules[route]);
    }
    paths_.finish();
    regexes_.finish();
}

path_tree::node_id matcher::find_host(std::string_view folded) const noexcept {
    const auto [scope, name] = key_of(folded);
    return names_.find(scope, name);
}

miss matcher::first_miss(const ranked_rule& one, const request_view& request) const {
    return one.conditions == text_table::none ? miss{}
                                              : conditions_[one.conditions].first_miss(request);
}

// The walk behind match() and all that explains it. Calls `visit(host, level, length of the text)`
// in the order of precedence and stops when that returns true.
template <class Visit>
void matcher::walk_hosts(const request_view& request, Visit&& visit) const {
    const std::string_view name = request.head.host;
    if (!name.empty()) {  // HTTP/1.0 may come without a host: only rules for any host are left
        const std::uint32_t host = names_.find(exact_scope, name);
        if (host != text_table::none && visit(host, candidate::level::exact_host, name.size()))
            return;
        if (walk_wildcards(request, visit))
            return;
    }
    visit(any_host_, candidate::level::any_host, std::size_t{0});
}

template <class Visit>
bool matcher::walk_wildcards(const request_view& request, Visit&& visit) const {
    std::string_view name = request.head.host;
    if (longest_wildcard_ == 0)
        return false;
    for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.')) {
        name.remove_prefix(dot + 1);
        if (name.size() >
            longest_wildcard_)  // keeps a host of a thousand labels from costing a thousand hashes
            continue;
        const std::uint32_t host = names_.find(wildcard_scope, name);
        if (host != text_table::none && visit(host, candidate::level::wildcard_host, name.size()))
            return true;
    }
    return false;
}

// Calls `visit(rank)` for what matches inside one host, in the order of precedence; stops and
// returns true when that does.
template <class Visit>
bool matcher::walk_paths(path_tree::node_id host, std::string_view path, Visit&& visit) const {
    const path_tree::position at = paths_.descend(host, path);
    if (paths_.visit_exact(at, visit))
        return true;
    const std::uint32_t group = paths_.tag(host);
    if (group != path_tree::no_tag && regexes_.visit(group, path, visit))
        return true;
    return paths_.visit_prefixes(at, visit);
}

std::optional<std::size_t> matcher::match(const request_view& request) const {
    std::optional<std::size_t> winner;
    const auto take = [&](std::uint32_t rank) {
        const ranked_rule& one = ranked_[rank];
        if (first_miss(one, request).what != miss::kind::none)
            return false;
        winner = one.route;
        return true;
    };
    walk_hosts(request, [&](path_tree::node_id host, candidate::level, std::size_t) {
        return walk_paths(host, request.head.path, take);
    });
    return winner;
}

std::vector<candidate> matcher::candidates(const request_view& request) const {
    std::vector<candidate> all;
    walk_hosts(request, [&](path_tree::node_id host, candidate::level level, std::size_t length) {
        return walk_paths(host, request.head.path, [&](std::uint32_t rank) {
            const ranked_rule& one = ranked_[rank];
            all.push_back({one.route, level, first_miss(one, request), length});
            return false;
        });
    });
    return all;
}

matcher::host_ids matcher::hosts_of(const request_view& request) const {
    host_ids all;
    walk_hosts(request, [&](path_tree::node_id host, candidate::level, std::size_t) {
        all.push_back(host);
        return false;
    });
    return all;
}

bool matcher::has_host(const rule& one, const host_ids& hosts) const {
    const auto listed = [&](path_tree::node_id host) {
        return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
    };
    return one.hosts.empty()
               ? listed(any_host_)
               : std::any_of(one.hosts.begin(), one.hosts.end(), [&](const std::string& host) {
                     return listed(find_host(fold_host(host)));
                 });
}

}  // namespace sluice::routing
