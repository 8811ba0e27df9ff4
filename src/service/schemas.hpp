// SPDX-License-Identifier: Apache-2.0
// The keys of one entry of `services`, and of its `tls`.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/service/service.hpp"

namespace sluice::service {

const config::schema<service_settings>& service_schema();
const config::schema<net::upstream_tls_settings>& upstream_tls_schema();

}  // namespace sluice::service
