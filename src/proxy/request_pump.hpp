// SPDX-License-Identifier: Apache-2.0
// The other direction: what is left of a request body, from client to node, while the response is
// awaited and relayed. A coroutine of its own, joined before its connection is given back.
#pragma once

#include "proxy/exchange.hpp"

namespace sluice::proxy {

/// Starts sending: first what is queued on `node`, then the client's body to its end (in a tunnel:
/// until the client ends).
void start_pump(exchange&, http::upstream_stream& node);

/// Asks the pump to end; await x.pump_ended, then call pump_stopped().
void stop_pump(exchange&, http::upstream_stream& node) noexcept;
void pump_stopped(exchange&) noexcept;

}  // namespace sluice::proxy
