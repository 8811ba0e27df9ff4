// SPDX-License-Identifier: Apache-2.0
// Sessions one worker may resume with one node, so that its next connection costs no certificates
// and no signatures. Used by upstream/node_pool; no locks, since a worker shares with nobody.
#pragma once

#include <cstddef>
#include <vector>

struct ssl_session_st;

namespace sluice::net {

class tls_tickets {
public:
    /// A handshake brings two; more than a few only pile up.
    static constexpr std::size_t most = 4;

    tls_tickets() = default;
    ~tls_tickets();
    tls_tickets(const tls_tickets&) = delete;
    tls_tickets& operator=(const tls_tickets&) = delete;

    /// Takes ownership.
    void keep(ssl_session_st* one);
    /// The newest one, for the caller to free; null when there is none. Those of TLS 1.3 are used
    /// once, so that nobody can tell two connections to be of the same client (RFC 8446 appendix
    /// C.4); those of TLS 1.2 stay. None outlives the certificate it was begun with.
    ssl_session_st* take();

private:
    std::vector<ssl_session_st*> kept_;  // newest last
};

}  // namespace sluice::net
