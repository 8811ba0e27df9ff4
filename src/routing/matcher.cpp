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

    root_id host_of(std::string_view host) {
        const bool is_wildcard = host.starts_with("*.");
        if (is_wildcard) {
            host.remove_prefix(2);
            into_.longest_wildcard_ = std::max(into_.longest_wildcard_, host.size());
        }
        const host_scope scope = is_wildcard ? wildcard_scope : exact_scope;
        root_id root = into_.names_.find(scope, host);
        if (root == text_table::none)
            into_.names_.keep(scope, host, root = into_.paths_.add_root());
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

miss matcher::first_miss(const ranked_rule& one, const request_view& request) const {
    return one.conditions == text_table::none ? miss{}
                                              : conditions_[one.conditions].first_miss(request);
}

// The one walk behind match() and candidates(): calls `visit(rank, level)` in the order of
// precedence and stops, returning true, when that does.
template <class Visit>
bool matcher::walk_host(path_tree::node_id host, candidate::level level, std::string_view path,
                        Visit&& visit) const {
    const auto each = [&](std::uint32_t rank) { return visit(rank, level); };
    const path_tree::position at = paths_.descend(host, path);
    if (paths_.visit_exact(at, each))
        return true;
    const std::uint32_t group = paths_.tag(host);
    if (group != path_tree::no_tag && regexes_.visit(group, path, each))
        return true;
    return paths_.visit_prefixes(at, each);
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
        if (host != text_table::none &&
            walk_host(host, candidate::level::wildcard_host, request.head.path, visit))
            return true;
    }
    return false;
}

template <class Visit>
void matcher::walk(const request_view& request, Visit&& visit) const {
    const std::string_view path = request.head.path;
    if (!request.head.host
             .empty()) {  // HTTP/1.0 may come without a host: only rules for any host are left
        const std::uint32_t host = names_.find(exact_scope, request.head.host);
        if (host != text_table::none && walk_host(host, candidate::level::exact_host, path, visit))
            return;
        if (walk_wildcards(request, visit))
            return;
    }
    walk_host(any_host_, candidate::level::any_host, path, visit);
}

std::optional<std::size_t> matcher::match(const request_view& request) const {
    std::optional<std::size_t> winner;
    walk(request, [&](std::uint32_t rank, candidate::level) {
        const ranked_rule& one = ranked_[rank];
        if (first_miss(one, request).what != miss::kind::none)
            return false;
        winner = one.route;
        return true;
    });
    return winner;
}

std::vector<candidate> matcher::candidates(const request_view& request) const {
    std::vector<candidate> all;
    walk(request, [&](std::uint32_t rank, candidate::level level) {
        const ranked_rule& one = ranked_[rank];
        all.push_back({one.route, level, first_miss(one, request)});
        return false;
    });
    return all;
}

}  // namespace sluice::routing
