// SPDX-License-Identifier: Apache-2.0
#include "net/server_context.hpp"

#include "net/pem.hpp"

#include <openssl/err.h>

namespace sluice::net {

namespace {

// Forward secrecy and authenticated encryption only; for TLS 1.2 everything a browser of the last
// ten years speaks. A client that lists ChaCha first has no AES in hardware and is given it.
constexpr const char* ciphers_1_2 = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* ciphers_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";

constexpr std::uint64_t options = SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                  SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION;

// Read-ahead takes a whole record in one read instead of its header and then the rest. No
// auto-chain: a chain is what the file holds, never what OpenSSL finds among client authorities.
constexpr long modes = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN;

// How long a session may be taken up again, and with it an earlier look at a client certificate.
constexpr long session_seconds = 2 * 3600;

bool fails(std::string& why) {
    why = take_openssl_error();
    return false;
}

}  // namespace

bool use_certificate(SSL_CTX& context, const listener_certificate& from, std::string& why) {
    const auto chain = read_certificates(from.certificate.content.reveal(), why);
    const auto key = read_private_key(from.key.content.reveal(), why);
    if (chain.empty() || !key)
        return false;
    ::ERR_clear_error();
    if (::SSL_CTX_use_certificate(&context, chain.front().get()) != 1 ||
        ::SSL_CTX_use_PrivateKey(&context, key.get()) != 1)
        return fails(why);
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (SSL_CTX_add1_chain_cert(&context, chain[i].get()) != 1)
            return fails(why);
    return true;
}

openssl_ptr<X509_STORE> make_client_store(const client_terms& terms, std::string& why) {
    openssl_ptr<X509_STORE> store(::X509_STORE_new());
    if (!store)
        return nullptr;
    const auto authorities = read_certificates(terms.ca, why);
    if (authorities.empty())
        return nullptr;
    for (const auto& one : authorities)
        if (::X509_STORE_add_cert(store.get(), one.get()) != 1)
            return fails(why), nullptr;
    if (terms.crl.empty())
        return store;
    const auto lists = read_crls(terms.crl, why);
    if (lists.empty())
        return nullptr;
    for (const auto& one : lists)
        if (::X509_STORE_add_crl(store.get(), one.get()) != 1)
            return fails(why), nullptr;
    ::X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return store;
}

openssl_ptr<SSL_CTX> make_server_context(tls_version least) {
    openssl_ptr<SSL_CTX> made(::SSL_CTX_new(::TLS_server_method()));
    if (!made)
        return nullptr;
    auto* const context = made.get();
    // Said in full, since the machine's openssl.cnf may have said otherwise.
    SSL_CTX_set_min_proto_version(context,
                                  least == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    ::SSL_CTX_set_options(context, options);
    SSL_CTX_set_mode(context, modes);
    SSL_CTX_set_read_ahead(context, 1);
    // Tickets only: a cache in the server would be a lock all workers share.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_timeout(context, session_seconds);
    if (::SSL_CTX_set_cipher_list(context, ciphers_1_2) != 1 ||
        ::SSL_CTX_set_ciphersuites(context, ciphers_1_3) != 1 ||
        SSL_CTX_set1_groups_list(context, groups) != 1)
        return nullptr;
    return made;
}

bool ask_clients(SSL_CTX& context, const client_terms& terms, X509_STORE& store, std::string& why) {
    const auto authorities = read_certificates(terms.ca, why);
    for (const auto& one : authorities)
        if (::SSL_CTX_add_client_CA(&context, one.get()) != 1)
            return fails(why);
    SSL_CTX_set1_cert_store(&context, &store);
    ::SSL_CTX_set_verify(&context, verify_mode(terms.auth), judge_chain);
    return !authorities.empty();
}

int verify_mode(client_auth auth) noexcept {
    switch (auth) {
    case client_auth::none:
        return SSL_VERIFY_NONE;
    case client_auth::optional:
        return SSL_VERIFY_PEER;
    case client_auth::require:
        return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

// With revocation lists the client's own certificate must be covered by one; its authorities are
// checked where a list speaks of them, but few publish one about themselves.
int judge_chain(int good, X509_STORE_CTX* at) noexcept {
    if (good == 1 || ::X509_STORE_CTX_get_error(at) != X509_V_ERR_UNABLE_TO_GET_CRL ||
        ::X509_STORE_CTX_get_error_depth(at) == 0)
        return good;
    ::X509_STORE_CTX_set_error(at, X509_V_OK);
    return 1;
}

}  // namespace sluice::net
