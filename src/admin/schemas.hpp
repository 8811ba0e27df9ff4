// SPDX-License-Identifier: Apache-2.0
// The keys of `admin`.
#pragma once

#include "admin/settings.hpp"
#include "sluice/config/schema.hpp"

namespace sluice::admin {

const config::schema<settings>& settings_schema();

}  // namespace sluice::admin
