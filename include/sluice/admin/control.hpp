// SPDX-License-Identifier: Apache-2.0
// What the admin API needs to know about the running gateway and may change in it. The app
// implements it; the API turns its reports into JSON.
#pragma once

#include "sluice/admin/explain_request.hpp"
#include "sluice/telemetry/settings.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::admin {

using wall_time = std::chrono::system_clock::time_point;

enum class readiness : std::uint8_t { starting, ready, draining };

/// The last reading of the configuration; the one at start counts.
struct reload_report {
    bool ok = true;
    wall_time at;
    std::vector<std::string> problems;  ///< as `sluice check` prints them, a line each
};

struct status_report {
    std::string version;
    wall_time started;
    std::uint64_t generation = 0;  ///< of the table in use
    unsigned workers = 0;
    bool draining = false;
    reload_report last_reload;
};

struct listener_report {
    std::string name;
    std::string address;            ///< as bound: port 0 is the port the kernel gave
    std::uint64_t connections = 0;  ///< open now
};

enum class node_health : std::uint8_t { healthy, unhealthy, ejected, draining };

struct node_report {
    std::string address;
    unsigned weight = 1;
    node_health health = node_health::healthy;
    std::uint64_t connections = 0;  ///< open now, idle ones included
    std::uint64_t requests = 0;     ///< attempts since the node is known
    std::string last_error;         ///< empty: none yet
};

struct service_report {
    std::string name;
    std::string source;
    std::string tls;  ///< the mode's word: disabled, tls, mtls
    std::vector<node_report> nodes;
};

/// Thread: control, all of it. No call blocks.
class control {
public:
    virtual ~control() = default;

    virtual readiness ready() const = 0;
    virtual status_report status() const = 0;
    virtual std::vector<listener_report> listeners() const = 0;
    virtual std::vector<service_report> services() const = 0;
    /// One service; nothing when none has that name.
    virtual std::optional<service_report> service(std::string_view name) const = 0;
    /// The effective configuration as a JSON object: defaults filled, secrets masked. Routes are
    /// told from it.
    virtual std::string config_json() const = 0;
    /// The page of /metrics.
    virtual std::string metrics_text() const = 0;
    /// What a request would meet under the table in use.
    virtual explain_report explain(const explain_request&) const = 0;
    virtual telemetry::log_level level() const = 0;
    virtual void set_level(telemetry::log_level) = 0;
    /// Reads the configuration anew and tells how that ended, later and on this thread; `told` is
    /// called once whatever happens. What is asked during a reload gets one of its own after it.
    virtual void reload(std::function<void(const reload_report&)> told) = 0;
};

}  // namespace sluice::admin
