// SPDX-License-Identifier: Apache-2.0
// What the admin API tells of the running process.
#include "app/process.hpp"

#include "sluice/base/version.hpp"
#include "sluice/telemetry/process.hpp"

#include <fmt/format.h>

namespace sluice::app {

namespace {

// Names and addresses are told as /api/v1/config tells them: masked when a reference brought them in.
admin::service_report report_of(const proxy::table_service& one, const loaded_settings& from) {
    const auto path = fmt::format("services[{}]", one.position);
    admin::service_report report{from.shown(path + ".name", one.settings.name), one.settings.source, "disabled", {}};
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        const auto& node = one.nodes[i];
        auto counted = node.stats->read();
        const auto address = from.shown(fmt::format("{}.url[{}]", path, i), node.text);
        report.nodes.push_back({from.shown(path + ".url", address), node.facts.weight, admin::node_health::healthy, static_cast<std::uint64_t>(counted.open),
                                counted.requests, std::move(counted.last_error)});
    }
    return report;
}

struct connection_totals {
    std::int64_t active = 0;
    std::int64_t idle = 0;
};

connection_totals connections_of(const proxy::table_service& one) {
    connection_totals sum;
    for (const auto& node : one.nodes) {
        const auto counted = node.stats->read();
        sum.active += counted.open - counted.idle;
        sum.idle += counted.idle;
    }
    return sum;
}

} // namespace

admin::readiness process::ready() const {
    return draining_ ? admin::readiness::draining : serving_ ? admin::readiness::ready : admin::readiness::starting;
}

admin::status_report process::status() const {
    admin::status_report report;
    report.version = program_version();
    report.started = started_;
    report.generation = table_->generation;
    report.workers = workers_count_;
    report.draining = draining_;
    report.last_reload = {true, started_, {}};
    return report;
}

std::vector<admin::listener_report> process::listeners() const {
    std::vector<admin::listener_report> all;
    for (const auto& one : listeners_) {
        const auto path = fmt::format("listeners[{}]", all.size());
        all.push_back({settings_.shown(path + ".name", one.settings->listener.name),
                       settings_.shown(path + ".address", one.bound.bound.to_string()),
                       static_cast<std::uint64_t>(one.connections->sum())});
    }
    return all;
}

std::vector<admin::service_report> process::services() const {
    std::vector<admin::service_report> all;
    for (const auto& one : table_->services)
        all.push_back(report_of(*one, settings_));
    return all;
}

std::optional<admin::service_report> process::service(std::string_view name) const {
    for (const auto& one : table_->services)
        if (one->settings.name == name)
            return report_of(*one, settings_);
    return {};
}

void process::watch_metrics() {
    using kind = telemetry::registry::reading_kind;
    metrics_.watch("sluice_config_generation", {}, kind::gauge, [this] { return static_cast<double>(table_->generation); });
    metrics_.watch("sluice_config_last_reload_success", {}, kind::gauge, [] { return 1.0; });
    telemetry::watch_process(metrics_);
    telemetry::watch_build(metrics_, {{"version", std::string(program_version())}});
    telemetry::watch_dropped_lines(metrics_, access_log_);
    for (const auto& one : table_->services) {
        const auto& name = one->settings.name;
        metrics_.watch("sluice_nodes", {{"service", name}, {"state", "healthy"}}, kind::gauge,
                       [one] { return static_cast<double>(one->nodes.size()); });
        metrics_.watch("sluice_upstream_connections", {{"service", name}, {"state", "active"}}, kind::gauge,
                       [one] { return static_cast<double>(connections_of(*one).active); });
        metrics_.watch("sluice_upstream_connections", {{"service", name}, {"state", "idle"}}, kind::gauge,
                       [one] { return static_cast<double>(connections_of(*one).idle); });
    }
}

} // namespace sluice::app
