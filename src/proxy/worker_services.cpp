// SPDX-License-Identifier: Apache-2.0
#include "proxy/worker_services.hpp"

#include "proxy/transport_of.hpp"
#include "sluice/runtime/worker.hpp"

namespace sluice::proxy {

upstream::node_pool& worker_services::pool_of(const table_service& of, const table_node& node) {
    auto where = transport_of(of, node);
    const auto way = where.tls ? where.tls->identity() + where.name : std::string();
    auto& pool = pools_[{of.settings.name, node.text, way}];
    if (!pool)
        pool = std::make_unique<upstream::node_pool>(worker_, std::move(where), of.settings.pool,
                                                     node.stats);
    return *pool;
}

void worker_services::adopt(const table& next) {
    services_.clear();
    for (const auto& one : next.services) {
        worker_service mine;
        mine.picker = one->balancer->make_picker(worker_.index());
        mine.budget = retry_budget(one->settings.retries.budget_percent);
        for (const auto& node : one->nodes)
            mine.pools.push_back(&pool_of(*one, node));
        services_.push_back(std::move(mine));
    }
}

std::size_t worker_services::shed_idle() noexcept {
    std::size_t closed = 0;
    for (auto& [name, pool] : pools_)
        closed += pool->shed_idle();
    return closed;
}

void worker_services::drain() noexcept {
    for (auto& [name, pool] : pools_)
        pool->drain();
}

}  // namespace sluice::proxy
