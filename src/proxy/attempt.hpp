// SPDX-License-Identifier: Apache-2.0
// One try on one node: a connection, the request out, the head back, the body through (relay.cpp).
#pragma once

#include "proxy/exchange.hpp"
#include "proxy/retry.hpp"

#include <optional>

namespace sluice::proxy {

/// Nothing when the exchange is answered; otherwise why not. When x.response_begun is set the
/// client has seen a head and only a visible break is left.
runtime::task<std::optional<failure>> attempt(exchange& x, upstream::node_pool& pool, tries& left);

}  // namespace sluice::proxy
