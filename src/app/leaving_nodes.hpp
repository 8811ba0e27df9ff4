// SPDX-License-Identifier: Apache-2.0
// Nodes that went from the table while requests were still with them: remembered for
// sluice_nodes{state="draining"} until the last of these has ended. Filled by app/publisher; owns
// nothing, so it keeps no node alive.
#pragma once

#include "proxy/table.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::app {

/// Thread: control.
class leaving_nodes {
public:
    /// Remembers the nodes that `before` has and `now` has not.
    void note(const proxy::table& before, const proxy::table& now);

    /// Calls `tell` with each service that has such nodes, and how many of them carry requests.
    void tell(const std::function<void(const std::string& service, std::size_t nodes)>& tell);

private:
    struct leaving {
        std::string service;
        // Held by tables and pools. An exchange under an older table may still begin with the node
        // while nothing is open, so only its end says that it is at rest for good.
        std::weak_ptr<const service::node_stats> node;
    };
    void note_service(const proxy::table_service& before, const proxy::table_service* now);

    std::vector<leaving> all_;
};

}  // namespace sluice::app
