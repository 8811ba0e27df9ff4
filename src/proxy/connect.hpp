// SPDX-License-Identifier: Apache-2.0
// A connection to a node when the pool has no idle one: wait for room, dial, within the deadlines.
#pragma once

#include "proxy/exchange.hpp"

namespace sluice::proxy {

/// Fails with connect_failed (another node may be tried), overloaded (the pool stayed full) or why x was stopped.
runtime::task<outcome<upstream::node_pool::connection>> connect(exchange& x, upstream::node_pool& pool, time_point deadline);

} // namespace sluice::proxy
