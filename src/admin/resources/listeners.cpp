// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/listeners: {"listeners":[{name, address, connections}]}.
#include "admin/resource.hpp"
#include "sluice/base/json_writer.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) {
    json_writer out;
    out.begin_map().key("listeners").begin_list();
    for (const auto& from : one.gateway.listeners()) {
        out.begin_map();
        out.key("name").text(from.name);
        out.key("address").text(from.address);
        out.key("connections").number(from.connections);
        out.end_map();
    }
    out.end_list().end_map();
    return {.body = out.take()};
}

}  // namespace

extern const resource listeners;
const resource listeners{.path = "/api/v1/listeners", .get = get};

}  // namespace sluice::admin::resources
