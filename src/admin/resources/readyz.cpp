// SPDX-License-Identifier: Apache-2.0
// GET /readyz: 200 once listening with a table, 503 before and while draining, so that a load
// balancer in front sends new connections elsewhere.
#include "admin/resource.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) {
    switch (one.gateway.ready()) {
    case readiness::ready:
        return {.body = R"({"status":"ready"})"};
    case readiness::draining:
        return {.status = 503, .body = R"({"status":"draining"})"};
    case readiness::starting:
        break;
    }
    return {.status = 503, .body = R"({"status":"starting"})"};
}

}  // namespace

extern const resource readyz;
const resource readyz{.path = "/readyz", .reading = usage::probe, .get = get};

}  // namespace sluice::admin::resources
