// SPDX-License-Identifier: Apache-2.0
// The keys of `metrics`, `access_log` and `log`.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/telemetry/settings.hpp"

namespace sluice::telemetry {

const config::schema<metrics_settings>& metrics_schema();
const config::schema<access_log_settings>& access_log_schema();
const config::schema<log_settings>& log_schema();

}  // namespace sluice::telemetry
