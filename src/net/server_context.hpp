// SPDX-License-Identifier: Apache-2.0
// OpenSSL's context for one group of a listener's certificates: versions, ciphers, keys, and whom
// clients must be from. What is chosen per connection is in listener_tls.cpp. Private to net.
#pragma once

#include "net/openssl_ptr.hpp"
#include "sluice/net/listener_tls_settings.hpp"

#include <span>
#include <string>

namespace sluice::net {

/// The authorities and revocation lists of `terms`; they ask for client certificates.
openssl_ptr<X509_STORE> make_client_store(const client_terms&, std::string& why);

/// A context that shows no certificate and asks for none yet. Null when out of memory.
openssl_ptr<SSL_CTX> make_server_context(tls_version least);

/// Lets `context` ask clients for certificates that `store` verifies. `terms.auth` is not none.
bool ask_clients(SSL_CTX& context, const client_terms& terms, X509_STORE& store, std::string& why);

/// The verify mode of a connection with that client_auth, for SSL_set_verify().
int verify_mode(client_auth) noexcept;

}  // namespace sluice::net
