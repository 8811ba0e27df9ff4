// SPDX-License-Identifier: Apache-2.0
#include "app/explain/losers.hpp"

#include "app/explain/reasons.hpp"
#include "routing/near_misses.hpp"

#include <algorithm>

namespace sluice::app::explain {

namespace {

using routing::candidate;
using routing::miss;

constexpr std::size_t most_losers = 5;
constexpr std::size_t least_near_misses = 2;
// Who got an answer wants to hear of slips, who got none of everything that is a little like it.
constexpr unsigned near_when_won = 1;
constexpr unsigned near_when_lost = 4;

class list {
public:
    list(const teller& tell, const proxy::table& table, const routing::request_view& request)
        : tell_(tell), table_(table), request_(request) {}

    void add_candidates(std::span<const candidate> all, const candidate* winner) {
        for (const auto& one : all) {
            if (&one == winner || made_.size() == most_losers)
                continue;
            if (one.lost_by.what != miss::kind::none)
                add(one.route, told_loser::kind::failed, one.lost_by);
            else
                add_outranked(one, *winner);
        }
    }

    void add_near_misses(const std::vector<candidate>& all, bool is_won) {
        const routing::near_miss_bounds bounds{
            std::max(least_near_misses, most_losers - made_.size()),
            is_won ? near_when_won : near_when_lost};
        const auto near = near_misses(
            *table_.matcher, table_.routes->size(),
            [&](std::size_t at) -> const routing::rule& { return rule(at); }, request_, all,
            bounds);
        for (const auto& one : near)
            add(one.route, told_loser::kind::near_miss, one.lost_by);
    }

    std::vector<told_loser> take() { return std::move(made_); }

private:
    const routing::rule& rule(std::size_t at) const { return (*table_.routes)[at]->settings.match; }
    void add(std::size_t route, told_loser::kind how, miss by) {
        const reason why = reason_for(tell_, route, rule(route), request_, by);
        made_.push_back(
            {tell_.route(route), how, why.condition, {why.sentence, tell_.at(why.where)}});
    }
    void add_outranked(const candidate& one, const candidate& winner) {
        const auto name = tell_.route(winner.route).text;
        made_.push_back({tell_.route(one.route),
                         told_loser::kind::outranked,
                         "order",
                         {"would match too, but " + name + " comes first: " +
                              rank_reason(winner, rule(winner.route), one, rule(one.route)),
                          {}}});
    }

    const teller& tell_;
    const proxy::table& table_;
    const routing::request_view& request_;
    std::vector<told_loser> made_;
};

}  // namespace

std::vector<told_loser> losers_of(const teller& tell, const proxy::table& table,
                                  const routing::request_view& request,
                                  std::span<const candidate> candidates,
                                  std::optional<std::size_t> winner) {
    // A route with several hosts may be asked once for each: the first time is the one that counts.
    std::vector<candidate> once;
    for (const auto& one : candidates)
        if (std::ranges::find(once, one.route, &candidate::route) == once.end())
            once.push_back(one);
    const auto won =
        std::ranges::find_if(once, [&](const auto& one) { return winner && one.route == *winner; });
    list all(tell, table, request);
    all.add_candidates(once, won == once.end() ? nullptr : &*won);
    all.add_near_misses(once, winner.has_value());
    return all.take();
}

told_route won_by(const teller& tell, const proxy::table& table,
                  const routing::request_view& request, const candidate& how) {
    const auto& rule = (*table.routes)[how.route]->settings.match;
    const auto& marks = tell.places().routes;
    return {tell.route(how.route),
            {host_met(tell, how, rule, request), tell.at(marks.key(how.route, "match", "hosts"))},
            {path_wanted(tell, how.route, rule), tell.at(marks.key(how.route, "match", "path"))}};
}

}  // namespace sluice::app::explain
