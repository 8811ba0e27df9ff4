// SPDX-License-Identifier: Apache-2.0
// TLS as it is spoken to the nodes of services with the same settings: whom they must prove to be
// and what we show them. Immutable and shared by all workers; made on the control thread while a
// configuration is read.
#pragma once

#include "sluice/net/tls_session.hpp"
#include "sluice/net/upstream_tls_settings.hpp"

#include <cstdint>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_session_st;

namespace sluice::net {

class tls_tickets;

/// Which protocols a node is offered by ALPN (RFC 7301); the first it knows is spoken.
enum class alpn_offer : std::uint8_t { http1, http2, both };

class upstream_tls {
public:
    /// The context of `settings`: the one there is while anybody holds it, else a new one. Reads
    /// the system's authorities when the settings name none. Null on failure; `why` says it in
    /// words. Any thread; blocks on the disk.
    static std::shared_ptr<const upstream_tls> of(const upstream_tls_settings& settings,
                                                  std::string& why);
    /// The context of `settings` if somebody holds it: these files were found good before.
    static std::shared_ptr<const upstream_tls> known(const upstream_tls_settings& settings);
    ~upstream_tls();
    upstream_tls(const upstream_tls&) = delete;
    upstream_tls& operator=(const upstream_tls&) = delete;

    /// A digest of everything that tells this context from another one: a connection made under one
    /// may be used under another with the same. Not to be shown: keys went into it.
    const std::string& identity() const noexcept { return identity_; }
    bool verifies() const noexcept { return verifies_; }

    /// Our side of a new connection to the node that must prove to be `name`: a DNS name or an IP
    /// address (which is never sent as SNI, RFC 6066 section 3). `tickets` are those of the same
    /// node, context and name, and outlive the session. Null when out of memory or when the name
    /// cannot be checked. Any thread.
    std::unique_ptr<tls_session> connect(const std::string& name, tls_tickets& tickets,
                                         alpn_offer offer = alpn_offer::http1) const;

private:
    upstream_tls(ssl_ctx_st* context, std::string identity, bool verifies) noexcept;

    ssl_ctx_st* context_;
    std::string identity_;
    bool verifies_;
};

}  // namespace sluice::net
