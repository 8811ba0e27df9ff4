// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/tls_tickets.hpp"

#include <openssl/ssl.h>

namespace sluice::net {

namespace {

// Resuming shows no certificate, and a resumed session brings tickets of its own: without this a
// node could go on for ever after its certificate expired.
bool may_resume(SSL_SESSION& one) {
    const X509* const shown = ::SSL_SESSION_get0_peer(&one);
    return ::SSL_SESSION_is_resumable(&one) == 1 &&
           (shown == nullptr || ::X509_cmp_current_time(::X509_get0_notAfter(shown)) > 0);
}

}  // namespace

tls_tickets::~tls_tickets() {
    for (auto* const one : kept_)
        ::SSL_SESSION_free(one);
}

void tls_tickets::keep(ssl_session_st* one) {
    if (kept_.size() == most) {
        ::SSL_SESSION_free(kept_.front());
        kept_.erase(kept_.begin());
    }
    kept_.push_back(one);
}

ssl_session_st* tls_tickets::take() {
    while (!kept_.empty()) {
        auto* const newest = kept_.back();
        const bool usable = may_resume(*newest);
        if (usable && ::SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
            ::SSL_SESSION_up_ref(newest);
            return newest;
        }
        kept_.pop_back();
        if (usable)
            return newest;
        ::SSL_SESSION_free(newest);
    }
    return nullptr;
}

}  // namespace sluice::net
