// SPDX-License-Identifier: Apache-2.0
// The series every program has: process_*, the build, and lost log lines. The app adds them once at
// start.
#pragma once

#include "sluice/telemetry/access_log.hpp"
#include "sluice/telemetry/metric.hpp"

namespace sluice::telemetry {

/// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
/// process_open_fds, process_max_fds, process_start_time_seconds. Works on when no descriptor is
/// left.
void watch_process(registry&);

/// sluice_build_info, always 1, with what is known about the build as labels (version, commit,
/// compiler).
void watch_build(registry&, labels about);

/// sluice_log_dropped_total: access log and error log together. The log must outlive the last
/// text().
void watch_dropped_lines(registry&, const access_log&);

}  // namespace sluice::telemetry
