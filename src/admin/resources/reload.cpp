// SPDX-License-Identifier: Apache-2.0
// POST /api/v1/reload: reads the configuration anew and answers {ok, at, problems} once that is
// over, 200 when it is in use, 422 when it is not and nothing changed.
#include "admin/resource.hpp"

namespace sluice::admin::resources {
namespace {

answer post(const call&) { return {.needs = answer::after::reload}; }

}  // namespace

extern const resource reload;
const resource reload{.path = "/api/v1/reload", .post = post};

}  // namespace sluice::admin::resources
