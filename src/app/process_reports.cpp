// SPDX-License-Identifier: Apache-2.0
// What the running process tells of itself: to the admin API, and to whoever supervises it.
#include "app/explain/explain.hpp"
#include "app/process.hpp"
#include "sluice/base/version.hpp"
#include "sluice/net/upstream_tls.hpp"
#include "sluice/telemetry/process.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace sluice::app {

namespace {

// Names and addresses are told as /api/v1/config tells them: masked when a reference brought them
// in.
admin::service_report report_of(const proxy::table_service& one, std::size_t position,
                                const loaded_settings& from) {
    const auto path = fmt::format("services[{}]", position);
    admin::service_report report{from.shown(path + ".name", one.settings.name),
                                 one.settings.source,
                                 std::string(word_of(one.tls().mode)),
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

double unix_seconds(std::chrono::system_clock::time_point when) noexcept {
    return std::chrono::duration<double>(when.time_since_epoch()).count();
}

// What is told of a family for one service.
using service_reading = std::function<void(const proxy::table_service&, telemetry::labels,
                                           const telemetry::registry::teller&)>;

void tell_unverified(const proxy::table_service& one, telemetry::labels names,
                     const telemetry::registry::teller& tell) {
    const auto& tls = one.tls().context;
    if (tls && !tls->verifies())
        tell(std::move(names), 1.0);
}

void tell_connections(const proxy::table_service& one, telemetry::labels names,
                      const telemetry::registry::teller& tell) {
    std::int64_t open = 0;
    std::int64_t idle = 0;
    for (const auto& node : one.nodes) {
        const auto counted = node.stats->sum();
        open += counted.open;
        idle += counted.idle;
    }
    auto idle_names = names;
    names.emplace_back("state", "active");
    tell(std::move(names), static_cast<double>(open - idle));
    idle_names.emplace_back("state", "idle");
    tell(std::move(idle_names), static_cast<double>(idle));
}

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
    report.generation = publisher_.current()->generation;
    report.workers = workers_count_;
    report.draining = draining_;
    report.last_reload = last_reload_;
    return report;
}

std::vector<admin::listener_report> process::listeners() const {
    std::vector<admin::listener_report> all;
    for (const auto& one : listeners_.all()) {
        const auto path = fmt::format("listeners[{}]", all.size());
        all.push_back({settings_->shown(path + ".name", one.settings->listener.name),
                       settings_->shown(path + ".address", one.bound.bound.to_string()),
                       static_cast<std::uint64_t>(one.connections->sum())});
    }
    return all;
}

std::vector<admin::service_report> process::services() const {
    std::vector<admin::service_report> all;
    for (const auto& one : publisher_.current()->services)
        all.push_back(report_of(*one, all.size(), *settings_));
    return all;
}

std::optional<admin::service_report> process::service(std::string_view name) const {
    const auto& table = *publisher_.current();
    const auto found = table.places->find(std::string(name));
    if (found == table.places->end())
        return {};
    return report_of(*table.services[found->second], found->second, *settings_);
}

std::string process::status_line() const {
    const auto& table = *publisher_.current();
    auto line = fmt::format("generation {}, listeners: {}, services: {}", table.generation,
                            listeners_.all().size(), table.services.size());
    if (!trouble_.empty())
        line += "; " + trouble_;
    return line;
}

admin::explain_report process::explain(const admin::explain_request& asked) const {
    std::vector<explain::open_entrance> entrances;
    for (const auto& one : listeners_.all())
        entrances.push_back({&one.settings->listener, one.bound.bound, one.settings->tls.get()});
    const auto answer =
        explain::answer(asked, {*settings_, *publisher_.current(), entrances, true});
    if (!answer.of)
        return {{}, answer.problem};
    return {to_json(*answer.of), {}};
}

void process::watch_metrics() {
    using kind = telemetry::registry::reading_kind;
    metrics_.watch("sluice_config_generation", {}, kind::gauge,
                   [this] { return static_cast<double>(publisher_.current()->generation); });
    metrics_.watch("sluice_config_last_reload_success", {}, kind::gauge,
                   [this] { return last_reload_.ok ? 1.0 : 0.0; });
    telemetry::watch_process(metrics_);
    telemetry::watch_build(metrics_, {{"version", std::string(program_version())}});
    telemetry::watch_dropped_lines(metrics_, access_log_);
    watch_services();
    watch_sources();
}

void process::tell_all_nodes(const telemetry::registry::teller& tell) {
    for (const auto& one : publisher_.current()->services)
        tell({{"service", one->settings.name}, {"state", "healthy"}},
             static_cast<double>(one->nodes.size()));
    publisher_.leaving().tell([&](const std::string& service, std::size_t nodes) {
        tell({{"service", service}, {"state", "draining"}}, static_cast<double>(nodes));
    });
}

void process::watch_services() {
    const auto watch = [this](std::string_view family, service_reading read) {
        metrics_.watch_family(family, telemetry::registry::reading_kind::gauge,
                              [this, read = std::move(read)](const auto& tell) {
                                  for (const auto& one : publisher_.current()->services)
                                      read(*one, {{"service", one->settings.name}}, tell);
                              });
    };
    metrics_.watch_family("sluice_nodes", telemetry::registry::reading_kind::gauge,
                          [this](const auto& tell) { tell_all_nodes(tell); });
    watch("sluice_service_tls_unverified", tell_unverified);
    watch("sluice_upstream_connections", tell_connections);
}

void process::watch_sources() {
    using kind = telemetry::registry::reading_kind;
    metrics_.watch_family("sluice_source_up", kind::gauge, [this](const auto& tell) {
        for (const auto& [name, state] : sources_.states())
            tell({{"source", name}}, state.up ? 1.0 : 0.0);
    });
    metrics_.watch_family("sluice_source_last_success_timestamp_seconds", kind::gauge,
                          [this](const auto& tell) {
                              for (const auto& [name, state] : sources_.states())
                                  if (state.last_success)
                                      tell({{"source", name}}, unix_seconds(*state.last_success));
                          });
}

}  // namespace sluice::app
