// SPDX-License-Identifier: Apache-2.0
// What contexts towards clients and towards nodes do alike: show a certificate, believe authorities,
// heed revocation lists. Private to net.
#pragma once

#include "net/openssl_ptr.hpp"

#include <string>
#include <vector>

namespace sluice::net {

class pem_content;

/// Puts a certificate with its chain and its key into `context`. False with the reason in `why`.
bool show_certificate(SSL_CTX& context, const pem_content& certificate, const pem_content& key,
                      std::string& why);

/// Certificates that `store` ends chains in. None of them means failure.
bool add_authorities(X509_STORE& store, const std::vector<openssl_ptr<X509>>&, std::string& why);
/// Lists `store` heeds from now on; judge_chain() says how. None of them means failure.
bool add_crls(X509_STORE& store, const std::vector<openssl_ptr<X509_CRL>>&, std::string& why);

/// The verify callback of every context that believes authorities. With revocation lists the other
/// side's own certificate must be covered by one; its authorities are checked where a list speaks of
/// them, but few publish one about themselves.
int judge_chain(int good, X509_STORE_CTX* at) noexcept;

}  // namespace sluice::net
