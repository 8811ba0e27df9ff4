// SPDX-License-Identifier: Apache-2.0
// The keys of one entry of `services`.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/service/service.hpp"

namespace sluice::service {

const config::schema<service_settings>& service_schema();

}  // namespace sluice::service
