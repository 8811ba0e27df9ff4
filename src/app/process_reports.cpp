// SPDX-License-Identifier: Apache-2.0
// What the admin API tells of the running process.
#include "app/process.hpp"
#include "sluice/base/version.hpp"
#include "sluice/net/upstream_tls.hpp"
#include "sluice/telemetry/process.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace sluice::app {

namespace {

std::string_view word_of(net::upstream_tls_mode mode) noexcept {
    switch (mode) {
    case net::upstream_tls_mode::disabled:
        return "disabled";
    case net::upstream_tls_mode::tls:
        return "tls";
    case net::upstream_tls_mode::mtls:
        return "mtls";
    }
    return "disabled";
}

// Names and addresses are told as /api/v1/config tells them: masked when a reference brought them
// in.
admin::service_report report_of(const proxy::table_service& one, const loaded_settings& from) {
    const auto path = fmt::format("services[{}]", one.position);
    admin::service_report report{from.shown(path + ".name", one.settings.name),
                                 one.settings.source,
                                 std::string(word_of(one.settings.tls.mode)),
                                 {}};
    for (std::size_t i = 0; i < one.nodes.size(); ++i) {
        const auto& node = one.nodes[i];
        auto counted = node.stats->read();
        const auto address = from.shown(fmt::format("{}.url[{}]", path, i), node.text);
        report.nodes.push_back({from.shown(path + ".url", address), node.facts.weight,
                                admin::node_health::healthy,
                                static_cast<std::uint64_t>(counted.open), counted.requests,
                                std::move(counted.last_error)});
    }
    return report;
}

// A service's connections in both states, read from its nodes once a scrape: on the page `active`
// comes before `idle`.
class connection_reading {
public:
    explicit connection_reading(std::shared_ptr<const proxy::table_service> of)
        : service_(std::move(of)) {}

    double active() {
        std::int64_t open = 0;
        idle_ = 0;
        for (const auto& node : service_->nodes) {
            const auto counted = node.stats->sum();
            open += counted.open;
            idle_ += counted.idle;
        }
        return static_cast<double>(open - idle_);
    }
    double idle() const { return static_cast<double>(idle_); }

private:
    std::shared_ptr<const proxy::table_service> service_;
    std::int64_t idle_ = 0;
};

}  // namespace

admin::readiness process::ready() const {
    return draining_  ? admin::readiness::draining
           : serving_ ? admin::readiness::ready
                      : admin::readiness::starting;
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
    metrics_.watch("sluice_config_generation", {}, kind::gauge,
                   [this] { return static_cast<double>(table_->generation); });
    metrics_.watch("sluice_config_last_reload_success", {}, kind::gauge, [] { return 1.0; });
    telemetry::watch_process(metrics_);
    telemetry::watch_build(metrics_, {{"version", std::string(program_version())}});
    telemetry::watch_dropped_lines(metrics_, access_log_);
    for (const auto& one : table_->services) {
        const auto& name = one->settings.name;
        if (const auto& tls = one->settings.tls.context; tls && !tls->verifies())
            metrics_.watch("sluice_service_tls_unverified", {{"service", name}}, kind::gauge,
                           [] { return 1.0; });
        metrics_.watch("sluice_nodes", {{"service", name}, {"state", "healthy"}}, kind::gauge,
                       [one] { return static_cast<double>(one->nodes.size()); });
        const auto connections = std::make_shared<connection_reading>(one);
        metrics_.watch("sluice_upstream_connections", {{"service", name}, {"state", "active"}},
                       kind::gauge, [connections] { return connections->active(); });
        metrics_.watch("sluice_upstream_connections", {{"service", name}, {"state", "idle"}},
                       kind::gauge, [connections] { return connections->idle(); });
    }
}

}  // namespace sluice::app
