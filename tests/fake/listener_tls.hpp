// SPDX-License-Identifier: Apache-2.0
// A listener's TLS settings from certificates made on the spot, and clients that shake hands with
// it over memory and sockets.
#pragma once

#include "fake/socket.hpp"
#include "fake/tls.hpp"
#include "net/pem_content.hpp"
#include "sluice/net/listener_tls_settings.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fake {

inline sluice::net::pem_file pem_of(const std::string& text) {
    return {"memory", sluice::net::pem_content::of(text)};
}

/// An entry of `certificates` as reading it from files would have left it.
inline sluice::net::listener_certificate entry_of(const certificate& one,
                                                  std::vector<std::string> names) {
    sluice::net::listener_certificate entry;
    entry.certificate = pem_of(one.pem());
    entry.key = pem_of(one.key_pem());
    entry.names = std::move(names);
    entry.kind = EVP_PKEY_get_base_id(one.key()) == EVP_PKEY_RSA ? sluice::net::key_kind::rsa
                                                                 : sluice::net::key_kind::ecdsa;
    return entry;
}

/// What a client brings to a handshake.
struct client_terms {
    std::string server_name = "node.test";
    int version = TLS1_3_VERSION;
    const certificate* shown = nullptr;
    SSL_SESSION* session = nullptr;  ///< to be resumed
    std::string alpn = {};           ///< as it stands in the extension
    std::string signatures = {};     ///< its signature algorithms, for OpenSSL
};

/// A client's end, ready to begin.
class tls_client {
public:
    explicit tls_client(const client_terms& terms) : context_(client_context()) {
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_max_proto_version(context_.get(), terms.version);
        if (!terms.signatures.empty())
            SSL_CTX_set1_sigalgs_list(context_.get(), terms.signatures.c_str());
        if (terms.shown != nullptr) {
            SSL_CTX_use_certificate(context_.get(), terms.shown->shown());
            SSL_CTX_use_PrivateKey(context_.get(), terms.shown->key());
        }
        end_ = std::make_unique<tls_end>(*context_, tls_end::role::client);
        if (!terms.server_name.empty())
            SSL_set_tlsext_host_name(end_->ssl(), terms.server_name.c_str());
        if (terms.session != nullptr)
            SSL_set_session(end_->ssl(), terms.session);
        SSL_set_alpn_protos(end_->ssl(), reinterpret_cast<const unsigned char*>(terms.alpn.data()),
                            static_cast<unsigned>(terms.alpn.size()));
    }
    tls_end& end() noexcept { return *end_; }
    SSL* ssl() const noexcept { return end_->ssl(); }

    /// One exchange of what both sides have to say. True when this side is through.
    bool step(socket& wire) {
        end_->take_in(wire.receive());
        const bool done = end_->handshake();
        wire.send(end_->give_out());
        return done;
    }
    /// Application bytes there and back.
    void send(socket& wire, std::string_view bytes) {
        end_->write(bytes);
        wire.send(end_->give_out());
    }
    std::string receive(socket& wire) {
        end_->take_in(wire.receive());
        return end_->read();
    }
    /// The subject's CN of the certificate the server showed.
    std::string shown_name() const {
        char name[128] = {};
        if (const X509* const shown = SSL_get0_peer_certificate(ssl()))
            X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name,
                                      sizeof name);
        return name;
    }

private:
    openssl_ptr<SSL_CTX> context_;
    std::unique_ptr<tls_end> end_;
};

}  // namespace fake
