// SPDX-License-Identifier: Apache-2.0
// The response, from node to client: head shaped, body piece by piece. Back-pressure is not
// reading.
#pragma once

#include "proxy/exchange.hpp"

#include <optional>

namespace sluice::proxy {

/// Sends x.response and its body. Nothing when the client got all of it.
runtime::task<std::optional<failure>> relay(exchange& x, http::upstream_stream& node);

}  // namespace sluice::proxy
