// SPDX-License-Identifier: Apache-2.0
#include "net/tls_words.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstring>

namespace sluice::net {

std::string_view certificate_word(long code) noexcept {
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "not yet valid";
    case X509_V_ERR_CERT_REVOKED:
        return "revoked";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "wrong name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "untrusted root";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "unknown issuer";
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_CERT_REJECTED:
        return "wrong usage";
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return "issued by what is no CA";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        return "no usable CRL";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return "too weak";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "bad signature";
    default:
        return "refused";
    }
}

namespace {

// Reasons are numbered anew in each library of OpenSSL: 0 when it is another one's.
int tls_reason(unsigned long code) noexcept {
    return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

std::string protocol_words(const ssl_st* ssl, tls_stage stage, unsigned long code) {
    const long verdict = SSL_get_verify_result(ssl);
    const int reason = tls_reason(code);
    switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return fmt::format("certificate {}: {}", certificate_word(verdict),
                           X509_verify_cert_error_string(verdict));
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "certificate missing";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return stage == tls_stage::traffic ? "ended without close_notify"
                                           : "closed during the handshake";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "not TLS";
    default:
        break;
    }
    const char* const text = ERR_reason_error_string(code);
    if (text == nullptr)
        return "protocol error";
    // OpenSSL numbers a fatal alert of the other side from here on.
    if (reason > SSL_AD_REASON_OFFSET)
        return fmt::format("refused by the other side: {}", text);
    return text;
}

}  // namespace

unsigned long take_tls_error() noexcept {
    unsigned long newest = 0;
    while (const auto code = ERR_get_error())
        if (ERR_GET_LIB(code) == ERR_LIB_SSL || ERR_GET_LIB(newest) != ERR_LIB_SSL)
            newest = code;
    return newest;
}

bool is_truncation(unsigned long code) noexcept {
    return tls_reason(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

std::string tls_failure_words(const ssl_st* ssl, tls_stage stage, const tls_failure& how) {
    if (how.kind == SSL_ERROR_SSL)
        return protocol_words(ssl, stage, how.code);
    if (how.kind == SSL_ERROR_SYSCALL && how.socket_error != 0)
        return std::strerror(how.socket_error);
    return "closed";
}

}  // namespace sluice::net
