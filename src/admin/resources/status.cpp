// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/status: {version, started, generation, workers, draining, last_reload:{ok, at,
// problems}}.
#include "admin/reports.hpp"
#include "admin/resource.hpp"
#include "sluice/base/json_writer.hpp"
#include "telemetry/timestamp.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) {
    const status_report from = one.gateway.status();
    json_writer out;
    out.begin_map();
    out.key("version").text(from.version);
    out.key("started").text(telemetry::to_timestamp(from.started));
    out.key("generation").number(from.generation);
    out.key("workers").number(from.workers);
    out.key("draining").flag(from.draining);
    put(out.key("last_reload"), from.last_reload);
    out.end_map();
    return {.body = out.take()};
}

}  // namespace

extern const resource status;
const resource status{.path = "/api/v1/status", .get = get};

}  // namespace sluice::admin::resources
