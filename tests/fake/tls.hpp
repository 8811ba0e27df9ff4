// SPDX-License-Identifier: Apache-2.0
// The far end of a TLS connection under test: OpenSSL between two memory buffers, so that a test
// decides which bytes travel when; and certificates made on the spot.
#pragma once

#include "fake/socket.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

struct openssl_free {
    void operator()(SSL_CTX* one) const noexcept { SSL_CTX_free(one); }
    void operator()(SSL* one) const noexcept { SSL_free(one); }
    void operator()(X509* one) const noexcept { X509_free(one); }
    void operator()(EVP_PKEY* one) const noexcept { EVP_PKEY_free(one); }
    void operator()(BIO* one) const noexcept { BIO_free(one); }
};
template <class T>
using openssl_ptr = std::unique_ptr<T, openssl_free>;

/// What a certificate says; the defaults make a good leaf for `node.test`.
struct certificate_terms {
    std::string name = "node.test";
    std::string alternatives = "DNS:node.test";  ///< subjectAltName as openssl x509v3 writes it
    bool is_ca = false;
    bool is_rsa = false;                  ///< else ECDSA
    std::vector<std::string> units = {};  ///< further parts of the subject
    long from = -60;                      ///< seconds from now
    long until = 86'400;                  ///< seconds from now
};

/// A certificate and its key, signed by `issuer` or by itself.
class certificate {
public:
    explicit certificate(const certificate_terms& terms = {}, const certificate* issuer = nullptr)
        : key_(terms.is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")), shown_(X509_new()) {
        static long serial = 1;
        X509_set_version(shown_.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(shown_.get()), serial++);
        X509_gmtime_adj(X509_getm_notBefore(shown_.get()), terms.from);
        X509_gmtime_adj(X509_getm_notAfter(shown_.get()), terms.until);
        X509_set_pubkey(shown_.get(), key_.get());
        auto* const subject = X509_get_subject_name(shown_.get());
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(terms.name.c_str()), -1,
                                   -1, 0);
        for (const auto& unit : terms.units)
            X509_NAME_add_entry_by_txt(subject, "OU", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(unit.c_str()), -1, -1,
                                       0);
        const auto& signer = issuer == nullptr ? *this : *issuer;
        X509_set_issuer_name(shown_.get(), X509_get_subject_name(signer.shown_.get()));
        extend(NID_basic_constraints, terms.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
        if (!terms.alternatives.empty())
            extend(NID_subject_alt_name, terms.alternatives);
        X509_sign(shown_.get(), signer.key_.get(), EVP_sha256());
    }

    X509* shown() const noexcept { return shown_.get(); }
    EVP_PKEY* key() const noexcept { return key_.get(); }
    std::string pem() const {
        return text([this](BIO* out) { PEM_write_bio_X509(out, shown_.get()); });
    }
    std::string key_pem() const {
        return text([this](BIO* out) {
            PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

private:
    void extend(int what, const std::string& value) {
        auto* const made = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
        if (made == nullptr)
            throw std::runtime_error("bad extension: " + value);
        X509_add_ext(shown_.get(), made, -1);
        X509_EXTENSION_free(made);
    }
    template <class F>
    static std::string text(F&& write) {
        const openssl_ptr<BIO> out(BIO_new(BIO_s_mem()));
        write(out.get());
        char* bytes = nullptr;
        const auto size = BIO_get_mem_data(out.get(), &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }

    openssl_ptr<EVP_PKEY> key_;
    openssl_ptr<X509> shown_;
};

/// A server's context that shows `shown`.
inline openssl_ptr<SSL_CTX> server_context(const certificate& shown) {
    openssl_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(made.get(), shown.shown());
    SSL_CTX_use_PrivateKey(made.get(), shown.key());
    return made;
}
/// A client's context that believes everything.
inline openssl_ptr<SSL_CTX> client_context() {
    return openssl_ptr<SSL_CTX>(SSL_CTX_new(TLS_client_method()));
}

/// One end of a connection. Bytes move only by take_in() and give_out().
class tls_end {
public:
    enum class role { client, server };
    tls_end(SSL_CTX& context, role as)
        : ssl_(SSL_new(&context)), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
        SSL_set_bio(ssl_.get(), in_, out_);
        as == role::client ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
    }
    SSL* ssl() const noexcept { return ssl_.get(); }

    /// Ciphertext that arrived.
    void take_in(std::string_view bytes) {
        BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    }
    /// Ciphertext to be sent.
    std::string give_out() {
        std::string all;
        char piece[16384];
        for (int got = 0; (got = BIO_read(out_, piece, sizeof piece)) > 0;)
            all.append(piece, static_cast<std::size_t>(got));
        return all;
    }
    /// One step of the handshake and whatever it wants to send. True when it is done.
    bool handshake() {
        const bool done = SSL_do_handshake(ssl_.get()) == 1;
        ERR_clear_error();  // one queue a thread: what is left there would be the tested side's
        return done;
    }
    /// The bytes as ciphertext, still to be given out.
    void write(std::string_view bytes) {
        SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    }
    /// All that was decrypted of what came. ended() tells of close_notify.
    std::string read() {
        std::string all;
        char piece[16384];
        int got = 0;
        while ((got = SSL_read(ssl_.get(), piece, sizeof piece)) > 0)
            all.append(piece, static_cast<std::size_t>(got));
        ended_ = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
        ERR_clear_error();
        return all;
    }
    bool ended() const noexcept { return ended_; }
    /// close_notify, still to be given out.
    void end() { SSL_shutdown(ssl_.get()); }

private:
    openssl_ptr<SSL> ssl_;
    BIO* in_;  // belong to ssl_
    BIO* out_;
    bool ended_ = false;
};

}  // namespace fake
