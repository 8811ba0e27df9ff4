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

/// Which nodes a service is to have.
struct wanted_nodes {
    node_list nodes;
    std::optional<proxy::found_under> carried = {};
};

// Nodes a source found stay until it says otherwise. When another source or other names are asked
// by now, they are not what the settings mean any more, and keep the way they were found under.
wanted_nodes found_before(const table_service& from, const service::service_settings& now) {
    wanted_nodes wanted;
    for (const auto& one : from.nodes)
        wanted.nodes.push_back(one.facts);
    const auto& was = from.settings;
    auto under =
        from.carried.value_or(proxy::found_under{was.source, was.names, was.tls, was.protocol});
    if (!wanted.nodes.empty() && (under.source != now.source || under.names != now.names))
        wanted.carried = std::move(under);
    return wanted;
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
                                                   wanted_nodes wanted, const table_service* before,
                                                   const surrounding& with) {
    auto built = std::make_shared<table_service>();
    built->settings = from;
    built->balancer = balancers::make(from.balancer, wanted.nodes);
    built->carried = std::move(wanted.carried);
    built->series = before != nullptr && with.keep_series
                        ? before->series
                        : std::make_shared<proxy::service_series>(with.workers);
    const known_nodes known(before);
    built->nodes.reserve(wanted.nodes.size());
    for (const auto& node : wanted.nodes)
        built->nodes.push_back(build_node(node, known, with));
    return built;
}

// The service with the nodes its source found for it, or for what it was before.
std::shared_ptr<const table_service>
with_found_nodes(const service::service_settings& from,
                 const std::shared_ptr<const table_service>& before, const surrounding& with) {
    if (with.keep_series && before->settings == from)
        return before;
    return build_service(from, found_before(*before, from), before.get(), with);
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
        if (before && one.source != fixed)
            return with_found_nodes(one, before, with_);
        const bool same = before && with_.keep_series && before->settings == one;
        return same ? before : build_service(one, {one.nodes}, before.get(), with_);
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

    std::shared_ptr<proxy::target_series> series_of(const std::string& service,
                                                    const table_route* before) const {
        if (before != nullptr && with_.keep_series)
            for (const auto& known : before->targets)
                if (before_->services[known.service]->settings.name == service)
                    return known.series;
        return std::make_shared<proxy::target_series>(with_.workers);
    }

    std::vector<proxy::route_target> targets_of(const proxy::route_settings& one,
                                                const table_route* before) const {
        std::vector<proxy::route_target> targets;
        targets.reserve(one.services.size());
        for (const auto& target : one.services) {
            const auto place = made_->places->at(target.name);
            const auto& wider = made_->services[place]->settings.timeouts;
            targets.push_back({place, target.weight, one.timeouts.over(wider.over(from_.timeouts)),
                               series_of(target.name, before)});
        }
        return targets;
    }

    std::shared_ptr<const table_route> route_of(const proxy::route_settings& one,
                                                const std::shared_ptr<const table_route>& before) {
        auto targets = targets_of(one, before.get());
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
        if (now->settings.source == fixed || (!now->carried && has_nodes(*now, update.nodes)))
            continue;
        auto changed = build_service(now->settings, {update.nodes}, now.get(), {workers, true});
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
        mine =
            with_found_nodes(mine->settings, now.services[found->second], {workers, keep_series});
    }
}

}  // namespace sluice::app
