// SPDX-License-Identifier: Apache-2.0
// A request as it goes to a node: the client's head plus everything the gateway decides anew. Any
// upstream codec writes from this; the received head itself stays as it was, so that another
// attempt starts from the same place.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"

#include <string_view>

namespace sluice::http {

struct outgoing_request {
    /// method and end-to-end fields (hop-by-hop and replaced ones are left out)
    const request_head* head = nullptr;
    std::string_view path;             ///< canonical, rewritten
    std::string_view authority;        ///< Host
    std::string_view forwarded_for;    ///< X-Forwarded-For, complete
    std::string_view forwarded_proto;  ///< X-Forwarded-Proto
    std::string_view forwarded_host;   ///< X-Forwarded-Host; empty writes none
    std::string_view request_id;       ///< X-Request-Id
    /// other X-Forwarded-* fields the client sent go on; else they end here
    bool client_trusted = false;
    framing body;  ///< how the body goes out
    /// send Connection: upgrade and the client's Upgrade value
    bool upgrade = false;
};

struct listener_settings;

/// Who sent a request, and where it came in.
struct client_facts {
    std::string_view ip;       ///< text, without port; empty for a Unix socket
    std::string_view address;  ///< ip:port, for the log
    const listener_settings* listener = nullptr;
    bool trusted = false;  ///< it is one of the listener's trusted_proxies
    bool tls = false;
};

/// Fills the forwarding fields: X-Forwarded-For appends, -Proto and -Host are set; what a trusted
/// proxy sent is kept, what anyone else sent is replaced. New texts live in `room`. `request_id`
/// must be filled before.
void set_forwarding(outgoing_request&, const request_head&, const client_facts&, arena& room);

}  // namespace sluice::http
