// SPDX-License-Identifier: Apache-2.0
#include "proxy/worker_view.hpp"

#include "proxy/transport_of.hpp"
#include "sluice/runtime/worker.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace sluice::proxy {

namespace {

using shared_pool = worker_service::shared_pool;

// The pools of a service as it was, by their node. A connection made under one table is used under
// another only when it leads to the same node by the same way.
class kept_pools {
public:
    kept_pools(const table_service* was, const worker_service* before) {
        for (std::size_t at = 0; before != nullptr && at < before->pools.size(); ++at)
            by_node_.emplace(was->nodes[at].stats.get(), before->pools[at]);
    }
    shared_pool take(const table_node& node, const upstream::transport& way) {
        const auto found = by_node_.find(node.stats.get());
        if (found == by_node_.end() || !(found->second->where() == way))
            return {};
        auto pool = std::move(found->second);
        by_node_.erase(found);
        return pool;
    }
    void drain_others() noexcept {
        for (auto& [node, pool] : by_node_)
            pool->drain();
    }

private:
    std::unordered_map<const service::node_stats*, shared_pool> by_node_;
};

}  // namespace

worker_view::worker_view(runtime::worker& owner, std::shared_ptr<const table> facts,
                         const on_retired& retired)
    : worker_(owner), table_(std::move(facts)), retired_(retired),
      services_(table_->services.size()) {}

worker_view::~worker_view() {
    services_.clear();
    if (retired_)
        retired_(std::move(table_));
}

const worker_view::shared_service& worker_view::share(std::size_t service) {
    auto& mine = services_[service];
    if (!mine)
        mine = make(*table_->services[service], nullptr, nullptr);
    return mine;
}

worker_view::shared_service worker_view::make(const table_service& now, const table_service* was,
                                              const worker_service* before) const {
    auto made = boost::make_local_shared<worker_service>();
    made->picker = now.balancer->make_picker(worker_.index());
    if (before != nullptr)
        made->picker->inherit(*before->picker);
    const auto percent = now.settings.retries.budget_percent;
    made->budget = before != nullptr && was->settings.retries.budget_percent == percent
                       ? before->budget
                       : retry_budget(percent);
    kept_pools kept(was, before);
    for (const auto& node : now.nodes) {
        auto way = transport_of(now, node);
        auto pool = kept.take(node, way);
        if (pool)
            pool->configure(now.settings.pool);
        else
            pool = boost::make_local_shared<upstream::node_pool>(worker_, std::move(way),
                                                                 now.settings.pool, node.stats);
        if (draining_)
            pool->drain();
        made->pools.push_back(std::move(pool));
    }
    kept.drain_others();
    return made;
}

// Null when the service went. Lists of services that only changed nodes share their places.
const std::size_t* worker_view::place_of(const worker_view& before,
                                         const std::size_t& position) const {
    if (before.table_->places == table_->places)
        return &position;
    const auto found = table_->places->find(before.table_->services[position]->settings.name);
    return found == table_->places->end() ? nullptr : &found->second;
}

void worker_view::inherit(const worker_view& before) {
    draining_ = before.draining_;
    for (std::size_t at = 0; at < before.services_.size(); ++at) {
        const auto& theirs = before.services_[at];
        if (!theirs)
            continue;
        const auto& was = before.table_->services[at];
        const auto* place = place_of(before, at);
        if (place == nullptr)
            std::ranges::for_each(theirs->pools, [](const auto& pool) { pool->drain(); });
        else if (table_->services[*place] == was)
            services_[*place] = theirs;
        else
            services_[*place] = make(*table_->services[*place], was.get(), theirs.get());
    }
}

std::size_t worker_view::shed_idle() noexcept {
    std::size_t closed = 0;
    for (const auto& one : services_)
        for (std::size_t at = 0; one && at < one->pools.size(); ++at)
            closed += one->pools[at]->shed_idle();
    return closed;
}

void worker_view::drain() noexcept {
    draining_ = true;
    for (const auto& one : services_)
        for (std::size_t at = 0; one && at < one->pools.size(); ++at)
            one->pools[at]->drain();
}

}  // namespace sluice::proxy
