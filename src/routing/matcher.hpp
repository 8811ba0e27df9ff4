// SPDX-License-Identifier: Apache-2.0
// Finds the route of a request: an immutable index over the rules of all routes (contract: "Which
// route wins").
// The gateway calls match() once a request; explain lists the candidates. It knows nothing of
// services.
#pragma once

#include "routing/conditions.hpp"
#include "routing/path_tree.hpp"
#include "routing/pattern_index.hpp"
#include "routing/request_view.hpp"
#include "routing/text_table.hpp"
#include "sluice/routing/rule.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sluice::routing {

/// A route whose host and path match a request.
struct candidate {
    enum class level : std::uint8_t { exact_host, wildcard_host, any_host };
    std::size_t route;  ///< index of its rule
    level host;         ///< by which of its hosts, when it has several, it was found
    miss lost_by;       ///< the condition that fails; none: this route would take the request
    std::size_t host_length = 0;  ///< of the host's text; among wildcards the longer one is first
};

/// Immutable, and independent of the rules it was made from. Thread: any.
class matcher {
public:
    /// The index of a rule is its place in the file, which decides when nothing else does. Rules
    /// are taken as checked: a pattern that does not compile and a path without its slash match
    /// nothing.
    explicit matcher(std::span<const rule> rules);

    /// The index of the winning rule, or nullopt. Does not allocate, except for decoding a query
    /// value for a regex.
    std::optional<std::size_t> match(const request_view& request) const;

    /// Every candidate in the order match() asks them, which stops at the first without a miss.
    std::vector<candidate> candidates(const request_view& request) const;

    /// The hosts of the index that a request is looked up under, for has_host().
    using host_ids = std::vector<path_tree::node_id>;
    host_ids hosts_of(const request_view& request) const;
    /// Whether `one`, a rule of this index, stands under one of these hosts. A rule that does, and
    /// is no candidate, has lost by its path.
    bool has_host(const rule& one, const host_ids& hosts) const;

private:
    struct ranked_rule {
        std::uint32_t route;
        std::uint32_t conditions;  ///< index into conditions_, or text_table::none
    };
    class builder;

    path_tree::node_id find_host(std::string_view folded) const noexcept;
    template <class Visit>
    void walk_hosts(const request_view& request, Visit&& visit) const;
    template <class Visit>
    bool walk_wildcards(const request_view& request, Visit&& visit) const;
    template <class Visit>
    bool walk_paths(path_tree::node_id host, std::string_view path, Visit&& visit) const;
    miss first_miss(const ranked_rule& one, const request_view& request) const;

    std::vector<ranked_rule>
        ranked_;  ///< by rank: more conditions first, then the order in the file
    std::vector<conditions> conditions_;
    text_table names_;  ///< (exact or wildcard, name) -> the host's root in paths_
    std::size_t longest_wildcard_ = 0;
    path_tree::node_id any_host_;  ///< the root of the rules without hosts
    path_tree paths_;              ///< the tag of a root is its group of regexes
    pattern_index regexes_;
};

}  // namespace sluice::routing
