// SPDX-License-Identifier: Apache-2.0
#include "net/server_context.hpp"

#include "net/pem.hpp"
#include "net/trust.hpp"

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

}  // namespace

openssl_ptr<X509_STORE> make_client_store(const client_terms& terms, std::string& why) {
    openssl_ptr<X509_STORE> store(::X509_STORE_new());
    if (!store || !add_authorities(*store, read_certificates(terms.ca, why), why))
        return nullptr;
    if (!terms.crl.empty() && !add_crls(*store, read_crls(terms.crl, why), why))
        return nullptr;
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
            return why = take_openssl_error(), false;
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

}  // namespace sluice::net
