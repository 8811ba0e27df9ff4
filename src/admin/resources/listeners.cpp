// SPDX-License-Identifier: Apache-2.0
// GET /api/v1/listeners: {"listeners":[{name, address, connections}]}.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"

namespace sluice::admin::resources {
namespace {

answer get(const call& one) {
    json::array list;
    for (const auto& from : one.gateway.listeners())
        list.push_back(json::object{
            {"name", from.name}, {"address", from.address}, {"connections", from.connections}});
    return {.body = json::serialize(json::object{{"listeners", std::move(list)}})};
}

}  // namespace

extern const resource listeners;
const resource listeners{.path = "/api/v1/listeners", .get = get};

}  // namespace sluice::admin::resources
