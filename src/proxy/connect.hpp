// SPDX-License-Identifier: Apache-2.0
// A connection to a node when the pool has no idle one: wait for room, dial, shake hands in TLS,
// within the deadlines.
#pragma once

#include "proxy/exchange.hpp"
#include "proxy/retry.hpp"

namespace sluice::proxy {

/// From the pool after all, when a place came free with an idle connection in it and `left` asks
/// for no fresh one, or when the connection of another request can be shared. Fails with
/// connect_failed or tls_failed (another node may be tried), overloaded (the pool stayed full) or
/// why x was stopped.
runtime::task<outcome<upstream::connection>> connect(exchange& x, upstream::node_pool& pool,
                                                     tries& left);

}  // namespace sluice::proxy
