// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/config: the effective configuration, defaults filled, secrets masked.
#include "admin/resource.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) { return {.body = one.gateway.config_json()}; }

}  // namespace

extern const resource config;
const resource config{.path = "/api/v1/config", .get = get};

}  // namespace sluice::admin::resources
