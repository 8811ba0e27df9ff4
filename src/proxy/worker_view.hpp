// SPDX-License-Identifier: Apache-2.0
// One worker's side of one table: its own balancing cursors, pools and budgets, by position of the
// service. An exchange pins the view it started with; made by worker_services.
#pragma once

#include "proxy/retry_budget.hpp"
#include "proxy/table.hpp"
#include "upstream/node_pool.hpp"

#include <boost/smart_ptr/local_shared_ptr.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace sluice::proxy {

/// One worker's side of one service as one or more tables have it.
struct worker_service {
    using shared_pool = boost::local_shared_ptr<upstream::node_pool>;

    std::unique_ptr<service::picker> picker;
    std::vector<shared_pool> pools;  ///< by position of the node
    retry_budget budget;
};

class worker_view {
public:
    /// Takes the last reference this worker had to a table: whoever frees a large table should not
    /// be a worker.
    using on_retired = std::function<void(std::shared_ptr<const table>)>;

    worker_view(runtime::worker&, std::shared_ptr<const table>, const on_retired&);
    ~worker_view();
    worker_view(const worker_view&) = delete;
    worker_view& operator=(const worker_view&) = delete;

    const table& facts() const noexcept { return *table_; }
    using shared_service = boost::local_shared_ptr<worker_service>;

    /// What this worker has of that service; made at its first use.
    worker_service& of(std::size_t service) { return *share(service); }
    const shared_service& share(std::size_t service);

    /// Takes over from the view this one follows: services that are the same are shared, nodes that
    /// stayed keep their connections, pools of those that went are drained.
    void inherit(const worker_view& before);

    std::size_t shed_idle() noexcept;
    void drain() noexcept;

private:
    shared_service make(const table_service&, const table_service* was,
                        const worker_service* before) const;
    const std::size_t* place_of(const worker_view& before, const std::size_t& position) const;

    runtime::worker& worker_;
    std::shared_ptr<const table> table_;
    const on_retired& retired_;
    std::vector<shared_service> services_;
    bool draining_ = false;
};

/// A worker's hold on its view: copies cost a plain increment, because only the worker's own thread
/// makes them. The shared_ptr inside crosses threads once per table and worker.
using pinned_view = boost::local_shared_ptr<worker_view>;

}  // namespace sluice::proxy
