// SPDX-License-Identifier: Apache-2.0
// X-Request-Id: 32 hex digits of ours, or what a trusted proxy sent.
#pragma once

#include "proxy/exchange.hpp"
#include "sluice/base/random.hpp"

namespace sluice::proxy {

void choose_request_id(exchange&, random_source&);

}  // namespace sluice::proxy
