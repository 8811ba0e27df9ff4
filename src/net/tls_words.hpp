// SPDX-License-Identifier: Apache-2.0
// Why TLS failed, in a few words for logs and the admin API. Used by net/tls_session.
#pragma once

#include <string>
#include <string_view>

struct ssl_st;

namespace sluice::net {

/// One word of ours for a refused certificate: `expired`, `wrong name`, `unknown issuer`; what has
/// none is `refused`. `code` is an X509_V_ERR_*.
std::string_view certificate_word(long code) noexcept;

enum class tls_stage { handshake, traffic };

/// What the last call on `ssl` failed with: `kind` of SSL_get_error(), `socket_error` the errno of
/// the call. Reads OpenSSL's error queue and leaves it to be cleared.
std::string tls_failure_words(const ssl_st* ssl, tls_stage, int kind, int socket_error);

}  // namespace sluice::net
