// SPDX-License-Identifier: Apache-2.0
// The handles of the series a route, each service it leads to, a service and a node fill, a slot a
// worker: looked up once, kept from table to table for as long as their owner is configured, and
// gone from the page with it. The recorder fills the slots; app carries them over.
#pragma once

#include "sluice/http/outgoing.hpp"
#include "sluice/telemetry/metric.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::proxy {

/// One slot a worker, touched by that worker alone.
template <class Slot>
class series_slots {
public:
    explicit series_slots(unsigned workers) : slots_(workers) {}
    Slot& of(unsigned worker) noexcept { return slots_[worker]; }

private:
    std::vector<Slot> slots_;
};

/// What series that name the client's listener live no longer than; empty when nobody says.
std::weak_ptr<const void> guard_of(const http::client_facts&);

/// Requests of one route to one service, or of none, by listener and status.
class request_counters {
public:
    /// The handle; null at first, for the caller to fill. Few combinations occur, and the common
    /// ones move to the front. Those of listeners that are gone are dropped on the way.
    std::shared_ptr<telemetry::counter>& of(const http::client_facts&, unsigned status);

private:
    struct entry {
        std::string listener;
        // By identity: one that was gone and came back begins anew. The weak reference keeps its
        // address from being given to another one.
        const void* presence;
        std::weak_ptr<const void> guard;
        unsigned status;
        std::shared_ptr<telemetry::counter> count;
    };
    std::vector<entry> entries_;
};

/// Of a route without a service, and of no route.
struct route_slot {
    request_counters requests;
    std::shared_ptr<telemetry::histogram> durations;
};

struct service_slot {
    std::shared_ptr<telemetry::histogram> connects;
    std::vector<std::pair<std::string_view, std::shared_ptr<telemetry::counter>>> retries;
};

/// Of one node, by the number of the outcome.
struct node_slot {
    static constexpr std::size_t outcomes = 8;
    std::array<std::shared_ptr<telemetry::counter>, outcomes> attempts;
};

using target_series = series_slots<request_counters>;
using route_series = series_slots<route_slot>;
using service_series = series_slots<service_slot>;
using node_series = series_slots<node_slot>;

}  // namespace sluice::proxy
