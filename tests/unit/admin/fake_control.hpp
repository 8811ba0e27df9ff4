// SPDX-License-Identifier: Apache-2.0
// A gateway to administer that is nothing but its reports, and a request for it that is
// well-behaved by default.
#pragma once

#include "admin/api.hpp"

#include <chrono>

class fake_control final : public sluice::admin::control {
public:
    sluice::admin::readiness is_ready = sluice::admin::readiness::ready;
    sluice::admin::status_report now;
    std::vector<sluice::admin::listener_report> all_listeners;
    std::vector<sluice::admin::service_report> all_services;
    std::string config = R"({"workers":2})";
    sluice::telemetry::log_level log_level = sluice::telemetry::log_level::info;
    sluice::admin::explain_report explanation = {R"({"route":null})", {}};
    mutable sluice::admin::explain_request explained;  ///< what it was asked last
    int changes = 0;                                   ///< how often something was written
    int reloads = 0;

    sluice::admin::readiness ready() const override { return is_ready; }
    sluice::admin::status_report status() const override { return now; }
    std::vector<sluice::admin::listener_report> listeners() const override { return all_listeners; }
    std::vector<sluice::admin::service_report> services() const override { return all_services; }
    std::optional<sluice::admin::service_report> service(std::string_view name) const override {
        for (const auto& one : all_services)
            if (one.name == name)
                return one;
        return std::nullopt;
    }
    std::string config_json() const override { return config; }
    std::string metrics_text() const override { return "sluice_config_generation 1\n"; }
    sluice::admin::explain_report
    explain(const sluice::admin::explain_request& asked) const override {
        explained = asked;
        return explanation;
    }
    sluice::telemetry::log_level level() const override { return log_level; }
    void set_level(sluice::telemetry::log_level level) override {
        log_level = level;
        ++changes;
    }
    void reload(std::function<void(const sluice::admin::reload_report&)> told) override {
        ++reloads;
        told(now.last_reload);
    }
};

inline sluice::admin::request request_for(std::string_view method, std::string_view path,
                                          std::string_view body = {}) {
    sluice::admin::request one;
    one.method = method;
    one.path = path;
    one.host = "127.0.0.1:9901";
    one.body = body;
    one.request_id = "0123456789abcdef0123456789abcdef";
    return one;
}

inline std::string field_of(const sluice::admin::answer& from, std::string_view name) {
    for (const auto& [key, value] : from.fields)
        if (key == name)
            return value;
    return "(none)";
}
