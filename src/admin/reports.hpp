// SPDX-License-Identifier: Apache-2.0
// Reports that more than one answer shows, as JSON.
#pragma once

#include "sluice/admin/control.hpp"
#include "sluice/base/json_writer.hpp"
#include "telemetry/timestamp.hpp"

namespace sluice::admin {

inline void put(json_writer& out, const reload_report& from) {
    out.begin_map();
    out.key("ok").flag(from.ok);
    out.key("at").text(telemetry::to_timestamp(from.at));
    out.key("problems").begin_list();
    for (const auto& problem : from.problems)
        out.text(problem);
    out.end_list().end_map();
}

}  // namespace sluice::admin
