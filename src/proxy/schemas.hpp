// SPDX-License-Identifier: Apache-2.0
// The keys of one entry of `routes`.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/proxy/route.hpp"

namespace sluice::proxy {

const config::schema<route_settings>& route_schema();

}  // namespace sluice::proxy
