// SPDX-License-Identifier: Apache-2.0
// OpenSSL's context for connections to nodes. Private to net/upstream_tls.
#pragma once

#include "net/openssl_ptr.hpp"
#include "sluice/net/upstream_tls_settings.hpp"

#include <string>

namespace sluice::net {

/// The system's bundle of authorities: SSL_CERT_FILE, or where distributions keep it. Empty when
/// there is none.
std::string system_authorities();

/// Null when something in the settings cannot be used; `why` says what.
openssl_ptr<SSL_CTX> make_client_context(const upstream_tls_settings&, std::string& why);

}  // namespace sluice::net
