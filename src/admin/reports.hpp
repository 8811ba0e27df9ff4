// SPDX-License-Identifier: Apache-2.0
// Reports that more than one answer shows, as JSON.
#pragma once

#include "sluice/admin/control.hpp"
#include "sluice/base/json.hpp"
#include "telemetry/timestamp.hpp"

namespace sluice::admin {

inline json::object to_json(const reload_report& from) {
    return {{"ok", from.ok},
            {"at", telemetry::to_timestamp(from.at)},
            {"problems", json::array(from.problems.begin(), from.problems.end())}};
}

}  // namespace sluice::admin
