// SPDX-License-Identifier: Apache-2.0
// POST /api/v1/reload: not in this version. A known path that says so beats one that seems
// misspelt.
#include "admin/resource.hpp"

namespace sluice::admin::resources {
namespace {

answer post(const call& one) {
    return refuse(501, "not_implemented",
                  "reload is not in this version: restart to apply a changed configuration",
                  one.from.request_id);
}

}  // namespace

extern const resource reload;
const resource reload{.path = "/api/v1/reload", .post = post};

}  // namespace sluice::admin::resources
