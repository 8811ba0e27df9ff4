// SPDX-License-Identifier: Apache-2.0
// GET /healthz: the process is alive. Says nothing about traffic; see readyz.
#include "admin/resource.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call&) { return {.body = R"({"status":"ok"})"}; }

}  // namespace

extern const resource healthz;
const resource healthz{.path = "/healthz", .reading = usage::probe, .get = get};

}  // namespace sluice::admin::resources
