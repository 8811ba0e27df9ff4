// SPDX-License-Identifier: Apache-2.0
// GET /metrics: the Prometheus page.
#include "admin/resource.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = one.gateway.metrics_text()};
}

}  // namespace

extern const resource metrics;
const resource metrics{.path = "/metrics", .get = get};

}  // namespace sluice::admin::resources
