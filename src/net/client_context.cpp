// SPDX-License-Identifier: Apache-2.0
#include "net/client_context.hpp"

#include "net/pem.hpp"
#include "net/pem_content.hpp"
#include "net/trust.hpp"
#include "sluice/config/load.hpp"

#include <openssl/err.h>
#include <unistd.h>

#include <cstdlib>

namespace sluice::net {

namespace {

// Read-ahead takes a whole record in one read instead of its header and then the rest. No
// auto-chain: what we show is what the file holds.
constexpr long modes = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN;

// How long a session may be resumed, and with it an earlier look at a node's certificate.
constexpr long session_seconds = 2 * 3600;

constexpr std::size_t most_bytes = 16 << 20;

bool fails(std::string& why) {
    why = take_openssl_error();
    return false;
}

bool add_system_authorities(X509_STORE& store, std::string& why) {
    const auto path = system_authorities();
    if (path.empty()) {
        why = "the system has no authorities";
        return false;
    }
    const auto content = config::machine().read(path, most_bytes, why);
    return content && add_authorities(store, read_certificates(*content, why), why);
}

bool set_trust(SSL_CTX& context, const upstream_tls_settings& from, std::string& why) {
    if (!from.verify) {
        ::SSL_CTX_set_verify(&context, SSL_VERIFY_NONE, nullptr);
        return true;
    }
    auto& store = *::SSL_CTX_get_cert_store(&context);
    if (!(from.ca ? add_authorities(store, from.ca->content->certificates(why), why)
                  : add_system_authorities(store, why)))
        return false;
    if (from.crl && !add_crls(store, from.crl->content->crls(why), why))
        return false;
    ::SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, judge_chain);
    return true;
}

}  // namespace

std::string system_authorities() {
    if (const char* const asked = std::getenv(::X509_get_default_cert_file_env()))
        return asked;
    for (const char* const one :
         {::X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"})
        if (::access(one, R_OK) == 0)
            return one;
    return {};
}

openssl_ptr<SSL_CTX> make_client_context(const upstream_tls_settings& from, std::string& why) {
    ::ERR_clear_error();
    openssl_ptr<SSL_CTX> made(::SSL_CTX_new(::TLS_client_method()));
    if (!made)
        return fails(why), nullptr;
    auto& context = *made;
    // Said in full, since the machine's openssl.cnf may have said otherwise.
    SSL_CTX_set_min_proto_version(
        &context, from.min_version == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(&context, TLS1_3_VERSION);
    ::SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(&context, modes);
    SSL_CTX_set_read_ahead(&context, 1);
    // Sessions are kept by each worker's pools, without the lock of OpenSSL's own cache.
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_set_timeout(&context, session_seconds);
    if (!set_trust(context, from, why))
        return nullptr;
    if (from.mode == upstream_tls_mode::mtls &&
        !show_certificate(context, *from.certificate->content, *from.key->content, why))
        return nullptr;
    ::ERR_clear_error();
    return made;
}

}  // namespace sluice::net
