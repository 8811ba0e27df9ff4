// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/tls_tickets.hpp"

#include <openssl/ssl.h>

namespace sluice::net {

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
        if (::SSL_SESSION_is_resumable(newest) == 1 &&
            ::SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION) {
            ::SSL_SESSION_up_ref(newest);
            return newest;
        }
        kept_.pop_back();
        if (::SSL_SESSION_is_resumable(newest) == 1)
            return newest;
        ::SSL_SESSION_free(newest);
    }
    return nullptr;
}

}  // namespace sluice::net
