// SPDX-License-Identifier: Apache-2.0
// Objects of OpenSSL that free themselves. Private to net.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace sluice::net {

struct openssl_free {
    void operator()(BIO* one) const noexcept { ::BIO_free(one); }
    void operator()(EVP_PKEY* one) const noexcept { ::EVP_PKEY_free(one); }
    void operator()(X509* one) const noexcept { ::X509_free(one); }
    void operator()(X509_CRL* one) const noexcept { ::X509_CRL_free(one); }
    void operator()(X509_STORE* one) const noexcept { ::X509_STORE_free(one); }
    void operator()(SSL_CTX* one) const noexcept { ::SSL_CTX_free(one); }
    void operator()(SSL* one) const noexcept { ::SSL_free(one); }
};

template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_free>;

}  // namespace sluice::net
