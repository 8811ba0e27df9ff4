// SPDX-License-Identifier: Apache-2.0
// A WebSocket of an HTTP/2 client (RFC 8441) towards a node that speaks HTTP/1: there the handshake
// of RFC 6455 needs a key, which HTTP/2 knows nothing of.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/base/random.hpp"
#include "sluice/http/head.hpp"

namespace sluice::http::h2 {

/// Gives the request a Sec-WebSocket-Key of ours, in `room`. A key the client sent goes no further
/// (RFC 8441 section 5).
void put_websocket_key(request_head&, random_source&, arena& room);

}  // namespace sluice::http::h2
