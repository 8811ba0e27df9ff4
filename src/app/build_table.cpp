// SPDX-License-Identifier: Apache-2.0
#include "app/build_table.hpp"

#include "balancers/catalog.hpp"

#include <algorithm>
#include <ranges>
#include <string_view>
#include <unordered_map>

namespace sluice::app {

namespace {

using proxy::table_node;
using proxy::table_route;
using proxy::table_service;
using node_list = std::vector<service::node>;

constexpr std::string_view fixed = "fixed";

/// What a part of a table is built with, beside its own settings.
struct surrounding {
    unsigned workers;
    bool keep_series;  ///< the labels are those of the table before
};

node_list nodes_of(const table_service& from) {
    node_list nodes;
    for (const auto& one : from.nodes)
        nodes.push_back(one.facts);
    return nodes;
}

bool has_nodes(const table_service& one, const node_list& nodes) {
    return std::ranges::equal(one.nodes, nodes, {}, &table_node::facts);
}

// The nodes a service had, by their address.
class known_nodes {
public:
    explicit known_nodes(const table_service* before) {
        if (before != nullptr)
            for (const auto& one : before->nodes)
                by_text_.emplace(one.text, &one);
    }
    const table_node* find(const std::string& text) const {
        const auto found = by_text_.find(text);
        return found == by_text_.end() ? nullptr : found->second;
    }

private:
    std::unordered_map<std::string_view, const table_node*> by_text_;
};

table_node build_node(const service::node& facts, const known_nodes& known,
                      const surrounding& with) {
    table_node made{facts, facts.address.to_string(), nullptr, nullptr};
    const auto* before = known.find(made.text);
    made.stats =
        before != nullptr ? before->stats : std::make_shared<service::node_stats>(with.workers);
    made.series = before != nullptr && with.keep_series
                      ? before->series
                      : std::make_shared<proxy::node_series>(with.workers);
    return made;
}

std::shared_ptr<const table_service> build_service(const service::service_settings& from,
                                                   const node_list& nodes,
                                                   const table_service* before,
                                                   const surrounding& with) {
    auto built = std::make_shared<table_service>();
    built->settings = from;
    built->balancer = balancers::make(from.balancer, nodes);
    built->series = before != nullptr && with.keep_series
                        ? before->series
                        : std::make_shared<proxy::service_series>(with.workers);
    const known_nodes known(before);
    built->nodes.reserve(nodes.size());
    for (const auto& node : nodes)
        built->nodes.push_back(build_node(node, known, with));
    return built;
}

class builder {
public:
    builder(const settings& from, unsigned workers, const proxy::table* before)
        : from_(from), before_(before),
          with_{workers, before != nullptr && before->labels == from.metrics} {}

    std::shared_ptr<proxy::table> build(std::uint64_t generation) {
        made_->generation = generation;
        made_->bounds = from_.limits;
        made_->labels = from_.metrics;
        add_services();
        add_routes();
        return std::move(made_);
    }

private:
    std::shared_ptr<const table_service> service_before(const std::string& name) const {
        if (before_ == nullptr)
            return nullptr;
        const auto found = before_->places->find(name);
        return found == before_->places->end() ? nullptr : before_->services[found->second];
    }

    std::shared_ptr<const table_service> service_of(const service::service_settings& one) const {
        const auto before = service_before(one.name);
        const auto nodes = one.source != fixed && before ? nodes_of(*before) : one.nodes;
        const bool same =
            before && with_.keep_series && before->settings == one && has_nodes(*before, nodes);
        return same ? before : build_service(one, nodes, before.get(), with_);
    }

    void add_services() {
        auto places = std::make_shared<proxy::service_places>();
        places->reserve(from_.services.size());
        for (const auto& one : from_.services) {
            places->emplace(one.name, made_->services.size());
            made_->services.push_back(service_of(one));
        }
        const bool same = before_ != nullptr && *before_->places == *places;
        made_->places = same ? before_->places : std::move(places);
    }

    std::vector<proxy::route_target> targets_of(const proxy::route_settings& one) const {
        std::vector<proxy::route_target> targets;
        targets.reserve(one.services.size());
        for (const auto& target : one.services) {
            const auto place = made_->places->at(target.name);
            const auto& wider = made_->services[place]->settings.timeouts;
            targets.push_back(
                {place, target.weight, one.timeouts.over(wider.over(from_.timeouts))});
        }
        return targets;
    }

    std::shared_ptr<const table_route> route_of(const proxy::route_settings& one,
                                                const std::shared_ptr<const table_route>& before) {
        auto targets = targets_of(one);
        const bool kept = before && with_.keep_series;
        if (kept && before->settings == one && before->targets == targets)
            return before;
        std::vector<unsigned> weights;
        weights.reserve(targets.size());
        for (const auto& target : targets)
            weights.push_back(target.weight);
        auto series = kept ? before->series : std::make_shared<proxy::route_series>(with_.workers);
        return std::make_shared<const table_route>(table_route{
            one, std::move(targets), routing::weighted_split(weights), std::move(series)});
    }

    void add_routes() {
        std::unordered_map<std::string_view, const std::shared_ptr<const table_route>*> known;
        if (before_ != nullptr)
            for (const auto& one : *before_->routes)
                known.emplace(one->settings.name, &one);
        auto routes = std::make_shared<proxy::route_list>();
        routes->reserve(from_.routes.size());
        for (const auto& one : from_.routes) {
            const auto found = known.find(one.name);
            routes->push_back(route_of(one, found == known.end() ? nullptr : *found->second));
        }
        made_->matcher = matcher_for(*routes);
        const bool same = before_ != nullptr && *before_->routes == *routes;
        made_->routes = same ? before_->routes : std::move(routes);
    }

    // The index depends on the rules and their order alone.
    std::shared_ptr<const routing::matcher> matcher_for(const proxy::route_list& routes) const {
        const auto rule_of = [](const auto& route) -> const routing::rule& {
            return route->settings.match;
        };
        if (before_ != nullptr &&
            std::ranges::equal(*before_->routes, routes, {}, rule_of, rule_of))
            return before_->matcher;
        std::vector<routing::rule> rules;
        rules.reserve(routes.size());
        for (const auto& route : routes)
            rules.push_back(rule_of(route));
        return std::make_shared<const routing::matcher>(rules);
    }

    const settings& from_;
    const proxy::table* before_;
    surrounding with_;
    std::shared_ptr<proxy::table> made_ = std::make_shared<proxy::table>();
};

}  // namespace

std::shared_ptr<proxy::table> build_table(const settings& from, unsigned workers,
                                          std::uint64_t generation, const proxy::table* before) {
    return builder(from, workers, before).build(generation);
}

std::shared_ptr<proxy::table> with_nodes(const proxy::table& from,
                                         std::span<const service::source_update> updates,
                                         unsigned workers) {
    std::shared_ptr<proxy::table> next;
    for (const auto& update : updates) {
        const auto found = from.places->find(update.service);
        if (found == from.places->end())
            continue;
        const auto& now = (next ? *next : from).services[found->second];
        if (now->settings.source == fixed || has_nodes(*now, update.nodes))
            continue;
        auto changed = build_service(now->settings, update.nodes, now.get(), {workers, true});
        if (!next)
            next = std::make_shared<proxy::table>(from);
        next->services[found->second] = std::move(changed);
    }
    if (next)
        ++next->generation;
    return next;
}

void take_found_nodes(proxy::table& to, const proxy::table& now, unsigned workers) {
    const bool keep_series = to.labels == now.labels;
    for (auto& mine : to.services) {
        const auto found = now.places->find(mine->settings.name);
        if (mine->settings.source == fixed || found == now.places->end())
            continue;
        const auto& theirs = now.services[found->second];
        mine = keep_series && theirs->settings == mine->settings
                   ? theirs
                   : build_service(mine->settings, nodes_of(*theirs), theirs.get(),
                                   {workers, keep_series});
    }
}

}  // namespace sluice::app
