// SPDX-License-Identifier: Apache-2.0
// GET and PUT /api/v1/log-level: {"level":"info"}. A change lasts until the next start.
#include "admin/resource.hpp"
#include "sluice/base/json.hpp"
#include "sluice/base/json_writer.hpp"
#include "sluice/telemetry/log.hpp"

namespace sluice::admin::resources {
namespace {

using telemetry::log_level;

std::optional<log_level> level_in(std::string_view body) {
    const auto value = parse_json(body);
    const json::object* const object = value ? value->if_object() : nullptr;
    const json::value* const word =
        object && object->size() == 1 ? object->if_contains("level") : nullptr;
    if (!word || !word->is_string())
        return std::nullopt;
    for (const auto level : {log_level::debug, log_level::info, log_level::warn, log_level::error})
        if (const auto name = telemetry::name_of(level);
            word->get_string() == json::string_view{name.data(), name.size()})
            return level;
    return std::nullopt;
}

answer get(const call& one) {
    json_writer out;
    out.begin_map().key("level").text(telemetry::name_of(one.gateway.level())).end_map();
    return {.body = out.take()};
}

answer put(const call& one) {
    const auto level = level_in(one.from.body);
    if (!level)
        return refuse(400, "bad_request", R"(expected {"level":"debug"}, or info, warn, error)",
                      one.from.request_id);
    one.gateway.set_level(*level);
    return get(one);
}

}  // namespace

extern const resource log_level;
const resource log_level{.path = "/api/v1/log-level", .get = get, .put = put};

}  // namespace sluice::admin::resources
