// SPDX-License-Identifier: Apache-2.0
#include "telemetry/families.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::telemetry {
namespace {

struct family_help {
    std::string_view name, help;
};

constexpr family_help families[] = {
    {"sluice_requests_total", "Requests answered, by the numeric status sent."},
    {"sluice_request_duration_seconds",
     "Time from the end of a request's head to the last byte of its answer."},
    {"sluice_overhead_seconds",
     "What the gateway itself adds: request duration without waiting for nodes."},
    {"sluice_upstream_requests_total", "Attempts on nodes, by outcome."},
    {"sluice_upstream_connect_seconds",
     "Time to open a connection to a node, with its TLS handshake."},
    {"sluice_upstream_connections", "Open connections to nodes, by state."},
    {"sluice_downstream_connections", "Open connections from clients."},
    {"sluice_tls_handshakes_total", "TLS handshakes of clients, by outcome."},
    {"sluice_h2_abuse_total",
     "HTTP/2 connections of clients that were told to calm down or cut off, by what did it."},
    {"sluice_nodes", "Nodes of a service, by state."},
    {"sluice_service_tls_unverified",
     "1 for a service whose nodes need not prove who they are (tls.verify is false)."},
    {"sluice_source_up", "1 while a source of nodes gets answers."},
    {"sluice_source_last_success_timestamp_seconds",
     "When a source of nodes last got a good answer, in seconds since the Unix epoch."},
    {"sluice_rejected_total",
     "Requests the gateway answered itself and connections it turned away, by reason."},
    {"sluice_retries_total", "Attempts beyond the first, by reason."},
    {"sluice_config_last_reload_success",
     "1 when the last reading of the configuration succeeded."},
    {"sluice_config_generation", "Number of the configuration in use, growing with each change."},
    {"sluice_log_dropped_total",
     "Lines of the access log and the error log lost to a full queue or disk."},
    {"sluice_build_info", "The running build as labels; always 1."},
    {"process_cpu_seconds_total", "User and system CPU time used, in seconds."},
    {"process_resident_memory_bytes", "Resident memory, in bytes."},
    {"process_virtual_memory_bytes", "Virtual memory, in bytes."},
    {"process_open_fds", "Open file descriptors."},
    {"process_max_fds", "Limit of open file descriptors."},
    {"process_start_time_seconds", "Start of the process since the Unix epoch, in seconds."},
};

}  // namespace

std::string_view help_of(std::string_view family) noexcept {
    const auto* const found =
        std::find_if(std::begin(families), std::end(families),
                     [&](const family_help& one) { return one.name == family; });
    return found == std::end(families) ? std::string_view{} : found->help;
}

}  // namespace sluice::telemetry
