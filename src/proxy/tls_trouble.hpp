// SPDX-License-Identifier: Apache-2.0
// Where an operator finds out why TLS with a node failed: the log and the node's last error. Used
// by connect and by attempt, since a node may refuse us only after the handshake.
#pragma once

#include "proxy/exchange.hpp"

#include <string_view>

namespace sluice::proxy {

/// `why` in the words of net::tls_session::failure(). The same words about the same node are logged
/// once a minute, different ones a few times.
void tell_tls_trouble(const exchange&, upstream::node_pool&, std::string_view why);

}  // namespace sluice::proxy
