// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/status: {version, started, generation, workers, draining, last_reload:{ok, at,
// problems}}.
#include "admin/reports.hpp"
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"
#include "telemetry/timestamp.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) {
    const status_report from = one.gateway.status();
    const json::object body{
        {"version", from.version},       {"started", telemetry::to_timestamp(from.started)},
        {"generation", from.generation}, {"workers", from.workers},
        {"draining", from.draining},     {"last_reload", to_json(from.last_reload)}};
    return {.body = json::serialize(body)};
}

}  // namespace

extern const resource status;
const resource status{.path = "/api/v1/status", .get = get};

}  // namespace sluice::admin::resources
