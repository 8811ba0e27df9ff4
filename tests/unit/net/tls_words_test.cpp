// SPDX-License-Identifier: Apache-2.0
#include "net/openssl_ptr.hpp"
#include "net/tls_words.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

using sluice::net::is_truncation;
using sluice::net::take_tls_error;
using sluice::net::tls_failure_words;
using sluice::net::tls_stage;

namespace {

constexpr int alert_from_the_other_side = SSL_AD_REASON_OFFSET + SSL_AD_BAD_CERTIFICATE;

std::string words_of(unsigned long code) {
    static const sluice::net::openssl_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_client_method()));
    const sluice::net::openssl_ptr<SSL> ssl(::SSL_new(context.get()));
    return tls_failure_words(ssl.get(), tls_stage::handshake, {SSL_ERROR_SSL, code, 0});
}

}  // namespace

TEST_CASE("what TLS said last is why it failed, not what came before or of other libraries") {
    ERR_clear_error();
    ERR_raise(ERR_LIB_RSA, alert_from_the_other_side);
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    ERR_raise(ERR_LIB_SYS, EPIPE);  // the alert could not be sent
    CHECK(words_of(take_tls_error()) == "not TLS");
    CHECK(ERR_peek_error() == 0);
    CHECK(take_tls_error() == 0);
}

TEST_CASE("a number of another library is not taken for a reason of TLS") {
    ERR_clear_error();
    ERR_raise(ERR_LIB_X509, SSL_R_UNEXPECTED_EOF_WHILE_READING);
    const auto code = take_tls_error();
    CHECK(ERR_GET_LIB(code) == ERR_LIB_X509);
    CHECK_FALSE(is_truncation(code));
    CHECK(words_of(ERR_PACK(ERR_LIB_RSA, 0, alert_from_the_other_side)) == "protocol error");
    CHECK(words_of(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_UNEXPECTED_EOF_WHILE_READING)) ==
          "closed during the handshake");
    CHECK(words_of(ERR_PACK(ERR_LIB_SSL, 0, alert_from_the_other_side))
              .starts_with("refused by the other side: "));
}
