// SPDX-License-Identifier: Apache-2.0
#include "routing/near_misses.hpp"

#include "routing/pattern.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace sluice::routing {

namespace {

// How far two texts are apart, in steps that add up: 0 they fit, 1 a slip of the hand, `strange` they
// have nothing to do with each other.
constexpr unsigned strange_host = 4;
constexpr unsigned strange_path = 3;

/// A third of the letters at most, and of few letters one.
bool is_slip(std::string_view a, std::string_view b) {
    const auto most = std::clamp<std::size_t>(std::max(a.size(), b.size()) / 3, 1, 2);
    return edit_distance(a, b, most) <= most;
}

/// Its last two labels: `example.com` of `shop.example.com`.
std::string_view domain_of(std::string_view host) noexcept {
    const auto last = host.rfind('.');
    if (last == std::string_view::npos || last == 0)
        return host;
    const auto before = host.rfind('.', last - 1);
    return before == std::string_view::npos ? host : host.substr(before + 1);
}

unsigned host_distance(std::string_view wanted, std::string_view host) {
    if (wanted.starts_with("*."))
        wanted.remove_prefix(2);
    const bool is_below = host.size() > wanted.size() && host.ends_with(wanted) &&
                          host[host.size() - wanted.size() - 1] == '.';
    if (is_below || is_slip(wanted, host))
        return 1;
    return domain_of(wanted) == domain_of(host) ? 2 : strange_host;
}

unsigned host_distance(const rule& one, std::string_view host) {
    unsigned best = strange_host;
    for (const auto& wanted : one.hosts)
        best = std::min(best, host_distance(wanted, host));
    return best;
}

/// The first segment with its slash, taken off the front.
std::string_view take_segment(std::string_view& path) noexcept {
    const auto segment = path.substr(0, path.find('/', 1));
    path.remove_prefix(segment.size());
    return segment;
}

/// Up to `strange_path` of them: a request may bring thousands.
unsigned segments_of(std::string_view path) noexcept {
    unsigned count = 0;
    for (; !path.empty() && count < strange_path; ++count)
        take_segment(path);
    return count;
}

/// Both begin with a slash.
unsigned segments_apart(path_rule::kind how, std::string_view wanted, std::string_view path) {
    unsigned slips = 0, others = 0;
    while (!wanted.empty() && !path.empty() && others == 0) {
        auto wanted_behind = wanted, path_behind = path;
        const auto a = take_segment(wanted_behind), b = take_segment(path_behind);
        if (a != b && (slips > 0 || !is_slip(a, b))) {
            others = 1;  // another word stands there, which is more than a word too few
            continue;
        }
        slips += a == b ? 0 : 1;
        wanted = wanted_behind;
        path = path_behind;
    }
    auto missing = segments_of(wanted);
    if (how == path_rule::kind::exact)
        missing = std::max(missing, segments_of(path));
    return std::min(strange_path, slips + others + missing);
}

unsigned path_distance(const path_rule& one, std::string_view path) {
    if (one.how == path_rule::kind::any)
        return 0;
    if (one.how == path_rule::kind::regex) {
        const auto literal = literal_prefix(one.text, pattern_index::longest_literal);
        return literal.empty() ? 2 : path.starts_with(literal) ? 1 : strange_path;
    }
    if (!one.text.starts_with('/') || !path.starts_with('/'))
        return strange_path;
    return segments_apart(one.how, one.text, path);
}

/// Letters both begin with.
std::size_t shared_letters(std::string_view a, std::string_view b) noexcept {
    const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
    return static_cast<std::size_t>(end - a.begin());
}

struct found_rule {
    unsigned distance;
    std::size_t unlike;  ///< the less the more of its path is the request's
    near_miss what;

    bool operator<(const found_rule& other) const noexcept {
        return std::tie(distance, unlike, what.route) <
               std::tie(other.distance, other.unlike, other.what.route);
    }
};

}  // namespace

std::vector<near_miss> near_misses(const matcher& index, std::size_t count,
                                   const std::function<const rule&(std::size_t)>& rule_at,
                                   const request_view& request,
                                   const std::vector<candidate>& candidates,
                                   near_miss_bounds bounds) {
    std::vector<bool> is_candidate(count);
    for (const auto& one : candidates)
        is_candidate[one.route] = true;
    const auto hosts = index.hosts_of(request);
    const auto path = request.head.path;
    std::vector<found_rule> nearest;  // sorted, at most bounds.most
    for (std::size_t route = 0; route < count; ++route) {
        if (is_candidate[route])
            continue;
        const rule& one = rule_at(route);
        const bool host_holds = index.has_host(one, hosts);
        auto distance = host_holds ? 0 : host_distance(one, request.head.host);
        if (distance <= bounds.farthest)
            distance += path_distance(one.path, path);
        if (distance > bounds.farthest)
            continue;
        const found_rule found{distance,
                               path.size() - shared_letters(path, one.path.text),
                               {route, {host_holds ? miss::kind::path : miss::kind::host}}};
        if (nearest.size() == bounds.most && !(found < nearest.back()))
            continue;
        nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), found), found);
        if (nearest.size() > bounds.most)
            nearest.pop_back();
    }
    std::vector<near_miss> all;
    for (const auto& one : nearest)
        all.push_back(one.what);
    return all;
}

}  // namespace sluice::routing
