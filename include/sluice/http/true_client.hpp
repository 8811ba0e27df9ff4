// SPDX-License-Identifier: Apache-2.0
// Whom a request is from once the proxies in front of us are believed: what the access log says and
// what balancing goes by. Used by proxy. What a node is told is in outgoing.hpp.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/outgoing.hpp"

#include <string_view>

namespace sluice::http {

struct true_client {
    std::string_view ip;       ///< text, without port; empty for a Unix socket
    std::string_view address;  ///< ip:port; port 0 where nobody told it
};

/// Who connected; or, if that is one of trusted_proxies, the address in X-Forwarded-For nearest to us
/// that is not. When all are, the first one; before an entry that is no address, the last that was.
/// The texts live as long as the connection and `room`.
true_client find_true_client(const request_head&, const client_facts&, arena& room);

}  // namespace sluice::http
