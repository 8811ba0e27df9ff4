// SPDX-License-Identifier: Apache-2.0
// The handles of the series a route, a service and a node fill, a slot a worker: looked up once,
// kept from table to table for as long as their owner is configured, and gone from the page with
// it. The recorder fills the slots; app carries them over.
#pragma once

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

/// Requests of one route, or of none, by listener, service and status.
class request_counters {
public:
    /// The handle; null at first, for the caller to fill. Few combinations occur, and the common
    /// ones move to the front.
    std::shared_ptr<telemetry::counter>& of(std::string_view listener, std::string_view service,
                                            unsigned status);

private:
    struct entry {
        std::string listener;
        std::string service;
        unsigned status;
        std::shared_ptr<telemetry::counter> count;
    };
    std::vector<entry> entries_;
};

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

using route_series = series_slots<route_slot>;
using service_series = series_slots<service_slot>;
using node_series = series_slots<node_slot>;

}  // namespace sluice::proxy
