// SPDX-License-Identifier: Apache-2.0
// What is left of a request when it is over: a line in the access log and a few counters. One per
// worker; the handles of the series are looked up once and kept in the table's slots.
#pragma once

#include "proxy/exchange.hpp"
#include "sluice/telemetry/access_log.hpp"
#include "sluice/telemetry/metric.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace sluice::proxy {

/// Where a gateway reports to. Borrowed for its life.
struct recorder_sinks {
    telemetry::registry& metrics;
    telemetry::access_log& log;
};

class recorder {
public:
    recorder(runtime::worker&, recorder_sinks);

    /// Series made from now on carry the labels this table asks for.
    void adopt(const table&);
    void attempt_ended(exchange&, const std::optional<failure>&);
    /// Another attempt follows this failure.
    void retried(const exchange&, const failure&);
    void finish(const exchange&);
    void refused(const http::refusal&) noexcept;
    void turned_away(errc) noexcept;

private:
    telemetry::counter& request_counter(const exchange&);
    telemetry::counter& counter_of(request_counters&, const http::client_facts&, const table_route*,
                                   std::string_view service, unsigned status);
    telemetry::counter& attempt_counter(const exchange&, std::string_view outcome,
                                        unsigned outcome_number);
    route_slot& slot_of(const table_route*) noexcept;
    telemetry::histogram& duration_of(const exchange&);
    telemetry::histogram& connect_time_of(const exchange&);
    void count_rejected(std::string_view reason);
    void write_line(const exchange&, duration took);

    runtime::worker& worker_;
    recorder_sinks sinks_;
    telemetry::metrics_settings labels_;
    unsigned thread_;
    std::shared_ptr<telemetry::histogram> overhead_;
    std::unordered_map<std::string, std::shared_ptr<telemetry::counter>> rejected_;
    route_slot unmatched_;  // requests without a route
};

}  // namespace sluice::proxy
