// SPDX-License-Identifier: Apache-2.0
// A request as it goes to a node: the client's head plus everything the gateway decides anew. Any
// upstream codec writes from this; the received head itself stays as it was, so that another
// attempt starts from the same place.
#pragma once

#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace sluice::net {
class listener_tls;
}  // namespace sluice::net

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
    std::string_view client_subject;   ///< X-Client-Subject; empty writes none
    /// other X-Forwarded-* fields the client sent go on; else they end here
    bool client_trusted = false;
    framing body;  ///< how the body goes out
    /// send Connection: upgrade and the client's Upgrade value
    bool upgrade = false;
};

struct listener_settings;

/// Who is at the other end of a connection, or whom its PROXY header named, and where it came in.
struct client_facts {
    std::string_view ip;       ///< text, without port; empty for a Unix socket
    std::string_view address;  ///< ip:port, for the log
    const listener_settings* listener = nullptr;
    /// Lives as long as a listener of that name is there; null when nobody says.
    const std::shared_ptr<const void>* presence = nullptr;
    /// it is one of the listener's trusted_proxies; never behind a PROXY header that names nobody
    bool trusted = false;
    bool tls = false;
    std::string_view subject;  ///< of its verified certificate, one line; empty without one
    const net::listener_tls* certificates = nullptr;  ///< of a TLS connection
    std::size_t terms = 0;  ///< whom the connection had to be from, of `certificates`

    /// Whether a request for `host` (lower case, no port) may come over this connection: not when
    /// that host asks for other client certificates than the name in SNI did (RFC 9110 section
    /// 15.5.20).
    bool may_ask_for(std::string_view host) const noexcept;
};

/// Fills the forwarding fields: X-Forwarded-For appends, -Proto and -Host are set; what a trusted
/// proxy sent is kept, what anyone else sent is replaced. New texts live in `room`. `request_id`
/// must be filled before.
void set_forwarding(outgoing_request&, const request_head&, const client_facts&, arena& room);

}  // namespace sluice::http
