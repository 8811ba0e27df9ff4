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

/// What TLS itself complained of last in OpenSSL's error queue, else what anything did; 0 for
/// nothing. What lies below led there: a bad signature leaves the complaint of the key first.
/// Empties the queue.
unsigned long take_tls_error() noexcept;
/// Whether the other side left without close_notify. `code` of take_tls_error().
bool is_truncation(unsigned long code) noexcept;

/// How a call on `ssl` failed.
struct tls_failure {
    int kind;            ///< of SSL_get_error()
    unsigned long code;  ///< of take_tls_error()
    int socket_error;    ///< errno of the call
};
std::string tls_failure_words(const ssl_st* ssl, tls_stage, const tls_failure&);

}  // namespace sluice::net
