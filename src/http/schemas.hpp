// SPDX-License-Identifier: Apache-2.0
// The keys of `limits`, `timeouts` and one entry of `listeners`.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/http/listener.hpp"

namespace sluice::http {

const config::schema<limits>& limits_schema();
const config::schema<timeouts>& timeouts_schema();
/// What services and routes may override.
const config::schema<timeout_overrides>& timeout_overrides_schema();
const config::schema<listener_settings>& listener_schema();
const config::schema<net::listener_tls_settings>& listener_tls_schema();

}  // namespace sluice::http
