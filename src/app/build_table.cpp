// SPDX-License-Identifier: Apache-2.0
#include "app/build_table.hpp"

#include "balancers/catalog.hpp"

#include <map>
#include <string_view>

namespace sluice::app {

namespace {

using services_by_name = std::map<std::string_view, std::shared_ptr<const proxy::table_service>>;

std::shared_ptr<const proxy::table_service> build_service(const service::service_settings& from,
                                                          std::size_t position, unsigned workers) {
    auto built = std::make_shared<proxy::table_service>();
    built->settings = from;
    built->position = position;
    built->balancer = balancers::make(from.balancer, from.nodes);
    for (const auto& node : from.nodes)
        built->nodes.push_back(
            {node, node.address.to_string(), std::make_shared<service::node_stats>(workers)});
    return built;
}

proxy::table_route build_route(const proxy::route_settings& from, std::size_t position,
                               const services_by_name& services, const http::timeouts& global) {
    std::vector<proxy::route_target> targets;
    std::vector<unsigned> weights;
    for (const auto& one : from.services) {
        const auto& service = services.at(one.name);
        targets.push_back(
            {service, one.weight, from.timeouts.over(service->settings.timeouts.over(global))});
        weights.push_back(one.weight);
    }
    return {from, std::move(targets), routing::weighted_split(weights), position};
}

}  // namespace

std::shared_ptr<const proxy::table> build_table(const settings& from, unsigned workers,
                                                std::uint64_t generation) {
    auto built = std::make_shared<proxy::table>();
    built->generation = generation;
    built->bounds = from.limits;
    services_by_name by_name;
    for (const auto& one : from.services) {
        built->services.push_back(build_service(one, built->services.size(), workers));
        by_name.emplace(one.name, built->services.back());
    }
    std::vector<routing::rule> rules;
    for (const auto& one : from.routes) {
        built->routes.push_back(build_route(one, built->routes.size(), by_name, from.timeouts));
        rules.push_back(one.match);
    }
    built->matcher = std::make_shared<const routing::matcher>(rules);
    return built;
}

}  // namespace sluice::app
