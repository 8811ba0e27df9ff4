// SPDX-License-Identifier: Apache-2.0
#include "net/trust.hpp"

#include "net/pem.hpp"
#include "net/pem_content.hpp"

#include <openssl/err.h>

namespace sluice::net {

namespace {

bool fails(std::string& why) {
    why = take_openssl_error();
    return false;
}

}  // namespace

bool show_certificate(SSL_CTX& context, const pem_content& certificate, const pem_content& key,
                      std::string& why) {
    const auto& chain = certificate.certificates(why);
    const auto& secret_half = key.private_key(why);
    if (chain.empty() || !secret_half)
        return false;
    ::ERR_clear_error();
    if (::SSL_CTX_use_certificate(&context, chain.front().get()) != 1 ||
        ::SSL_CTX_use_PrivateKey(&context, secret_half.get()) != 1)
        return fails(why);
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (SSL_CTX_add1_chain_cert(&context, chain[i].get()) != 1)
            return fails(why);
    return true;
}

bool add_authorities(X509_STORE& store, const std::vector<openssl_ptr<X509>>& all,
                     std::string& why) {
    for (const auto& one : all)
        if (::X509_STORE_add_cert(&store, one.get()) != 1)
            return fails(why);
    return !all.empty();
}

bool add_crls(X509_STORE& store, const std::vector<openssl_ptr<X509_CRL>>& all, std::string& why) {
    for (const auto& one : all)
        if (::X509_STORE_add_crl(&store, one.get()) != 1)
            return fails(why);
    ::X509_STORE_set_flags(&store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return !all.empty();
}

int judge_chain(int good, X509_STORE_CTX* at) noexcept {
    if (good == 1 || ::X509_STORE_CTX_get_error(at) != X509_V_ERR_UNABLE_TO_GET_CRL ||
        ::X509_STORE_CTX_get_error_depth(at) == 0)
        return good;
    ::X509_STORE_CTX_set_error(at, X509_V_OK);
    return 1;
}

}  // namespace sluice::net
