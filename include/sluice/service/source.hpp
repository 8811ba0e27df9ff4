// SPDX-License-Identifier: Apache-2.0
// What a source must offer: it follows the services that name it and tells, whenever that changes,
// the whole list of a service's nodes. Sources run on the control thread; no request waits for one.
#pragma once

#include "sluice/service/service.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sluice::service {

/// All nodes of one service as its source knows them now. An empty list is an answer too: the
/// service has no node. A source that knows nothing yet, or lost its registry, says nothing, and
/// the last good list stays in use.
struct source_update {
    std::string service;
    std::vector<node> nodes;
};

/// How a source is doing, for metrics.
struct source_state {
    bool up = false;  ///< it gets answers, see docs/decisions.md
    /// when the last good answer came; absent before the first one
    std::optional<std::chrono::system_clock::time_point> last_success = {};
};

/// Where updates go: app turns them into a table. Thread: control.
class source_sink {
public:
    virtual ~source_sink() = default;
    virtual void put(source_update) = 0;
};

/// Finds nodes of services. Thread: control, all of it.
class service_source {
public:
    virtual ~service_source() = default;  ///< ends everything under way; nothing is put after it

    /// The services that name this source, at the start and after every reload. Begins to watch new
    /// ones, forgets those that are gone, and leaves alone what did not change. Returns at once.
    virtual void follow(const std::vector<service_settings>& wanted) = 0;

    virtual source_state state() const = 0;
};

}  // namespace sluice::service
