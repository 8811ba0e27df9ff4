// SPDX-License-Identifier: Apache-2.0
// One worker's side of the table's services: the balancer's cursor, the connections to each node,
// the retry budget.
#pragma once

#include "proxy/retry_budget.hpp"
#include "proxy/table.hpp"
#include "upstream/node_pool.hpp"

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::proxy {

struct worker_service {
    std::unique_ptr<service::picker> picker;
    std::vector<upstream::node_pool*> pools;  ///< by position of the node
    retry_budget budget;
};

class worker_services {
public:
    explicit worker_services(runtime::worker& owner) : worker_(owner) {}

    /// Takes over a table: nodes that stayed keep their connections, the others' are closed.
    void adopt(const table&);
    worker_service& of(const table_service& one) noexcept { return services_[one.position]; }

    std::size_t shed_idle() noexcept;
    void drain() noexcept;

private:
    // service, node, and what its transport is beside the address
    using key = std::tuple<std::string, std::string, std::string>;
    upstream::node_pool& pool_of(const table_service&, const table_node&);

    runtime::worker& worker_;
    std::vector<worker_service> services_;
    std::map<key, std::unique_ptr<upstream::node_pool>> pools_;
};

}  // namespace sluice::proxy
