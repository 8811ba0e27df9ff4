// SPDX-License-Identifier: Apache-2.0
// A connection starts with the default's context and changes to another one as soon as its
// ClientHello is there, before OpenSSL looks at a session to resume: a ticket is then judged under
// the terms of the name that is asked for, not under those it was given for (CVE-2025-23419).
#include "net/listener_tls.hpp"

#include "net/digest.hpp"
#include "net/pem.hpp"
#include "net/server_context.hpp"
#include "net/trust.hpp"
#include "sluice/base/strings.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace sluice::net {

struct listener_tls::context {
    const listener_tls* owner = nullptr;
    openssl_ptr<SSL_CTX> ssl;
    client_auth auth = client_auth::none;
    std::size_t terms = 0;
};

namespace {

// A ticket is bound to this: the listener, and whom its clients must be from. New files make a new
// one, so that a session begun before a certificate was revoked is not resumed after it.
std::string session_context(std::string_view listener, const client_terms& terms) {
    std::string text(listener);
    for (const auto part : {std::string_view(terms.auth == client_auth::none ? "none" : "asked"),
                            std::string_view(terms.auth == client_auth::require ? "required" : ""),
                            terms.ca, terms.crl})
        text += '\0' + std::to_string(part.size()) + ':' + std::string(part);
    return sha256(text);
}

// The host_name of the server_name extension (RFC 6066 section 3) in lower case, in `room`. Empty
// for anything malformed, which OpenSSL refuses a little later.
std::string_view server_name(std::span<const unsigned char> extension, std::span<char> room) {
    constexpr std::size_t front = 5;  // list length, kind of name, length
    if (extension.size() < front || extension[2] != TLSEXT_NAMETYPE_host_name)
        return {};
    const std::size_t size = extension[3] << 8 | extension[4];
    auto name = extension.subspan(front);
    if (size > name.size() || size > room.size())
        return {};
    name = name.first(size);
    std::ranges::transform(name, room.begin(), [](auto c) { return to_lower(char(c)); });
    std::string_view text(room.data(), size);
    if (text.ends_with('.'))  // Host is compared without it too
        text.remove_suffix(1);
    return text;
}

[[noreturn]] void refuse(std::string_view what, const std::string& why) {
    throw std::runtime_error("TLS: " + std::string(what) + ": " + why);
}

}  // namespace

struct listener_tls_callbacks {
    static const listener_tls::context& context_of(const SSL* ssl) noexcept {
        return *static_cast<const listener_tls::context*>(
            SSL_CTX_get_app_data(::SSL_get_SSL_CTX(ssl)));
    }

    static int on_client_hello(SSL* ssl, int*, void*) noexcept {
        const unsigned char* extension = nullptr;
        std::size_t size = 0;
        std::array<char, 256> room{};
        std::string_view name;
        if (::SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &size) == 1)
            name = server_name({extension, size}, room);
        const auto& owner = *context_of(ssl).owner;
        const auto& chosen = *owner.contexts_[owner.choice_.group_of(name)];
        // The session id context follows; the verify mode is the connection's own.
        if (::SSL_set_SSL_CTX(ssl, chosen.ssl.get()) == nullptr)
            return SSL_CLIENT_HELLO_ERROR;
        ::SSL_set_verify(ssl, verify_mode(chosen.auth),
                         chosen.auth == client_auth::none ? nullptr : judge_chain);
        return SSL_CLIENT_HELLO_SUCCESS;
    }

    // Whoever only speaks something else is told so (RFC 7301 section 3.2), lest its bytes are taken
    // for HTTP.
    static int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                       const unsigned char* offered, unsigned size, void*) noexcept {
        for (const std::string_view wanted : context_of(ssl).owner->protocols_)
            for (unsigned at = 0; at < size; at += offered[at] + 1U) {
                const unsigned length = offered[at];
                if (at + 1 + length > size)
                    break;
                const auto* const text = offered + at + 1;
                if (!std::ranges::equal(std::span(text, length), wanted,
                                        [](auto a, char b) { return char(a) == b; }))
                    continue;
                *chosen = text;
                *chosen_size = static_cast<unsigned char>(length);
                return SSL_TLSEXT_ERR_OK;
            }
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    static bool use_key(const ticket_key& key, EVP_MAC_CTX* mac) noexcept {
        std::array<char, 7> digest_name{"SHA256"};
        OSSL_PARAM with[] = {
            ::OSSL_PARAM_construct_octet_string(
                OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.authenticator.data()),
                key.authenticator.size()),
            ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
            ::OSSL_PARAM_construct_end()};
        return ::EVP_MAC_CTX_set_params(mac, with) == 1;
    }

    static int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv,
                             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal) noexcept {
        auto& keys = *context_of(ssl).owner->tickets_;
        const auto now = steady_clock::now();
        if (seal == 1) {
            const auto key = keys.current(now);
            if (!key || ::RAND_bytes(iv, EVP_CIPHER_get_iv_length(::EVP_aes_256_cbc())) != 1)
                return 0;  // no ticket this time
            std::ranges::copy(key->name, name);
            const bool good = ::EVP_EncryptInit_ex2(cipher, ::EVP_aes_256_cbc(), key->cipher.data(),
                                                    iv, nullptr) == 1 &&
                              use_key(*key, mac);
            return good ? 1 : -1;
        }
        const auto key = keys.find(std::span<const unsigned char, 16>(name, 16), now);
        if (!key)
            return 0;
        const bool good = ::EVP_DecryptInit_ex2(cipher, ::EVP_aes_256_cbc(), key->cipher.data(), iv,
                                                nullptr) == 1 &&
                          use_key(*key, mac);
        return good ? 2 : -1;  // and a fresh ticket in its place
    }

    // A session outlives neither the certificate its client showed nor a broken ticket.
    static SSL_TICKET_RETURN on_ticket(SSL*, SSL_SESSION* session, const unsigned char*,
                                       std::size_t, SSL_TICKET_STATUS status, void*) noexcept {
        if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
            return SSL_TICKET_RETURN_IGNORE_RENEW;
        const X509* const shown = ::SSL_SESSION_get0_peer(session);
        if (shown != nullptr && ::X509_cmp_current_time(::X509_get0_notAfter(shown)) < 0)
            return SSL_TICKET_RETURN_IGNORE_RENEW;
        return SSL_TICKET_RETURN_USE_RENEW;
    }

    static void install(SSL_CTX& context) {
        ::SSL_CTX_set_client_hello_cb(&context, on_client_hello, nullptr);
        ::SSL_CTX_set_alpn_select_cb(&context, on_alpn, nullptr);
        ::SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket_key);
        ::SSL_CTX_set_session_ticket_cb(&context, nullptr, on_ticket, nullptr);
    }
};

// The client terms met so far, each with the authorities it verifies by.
struct listener_tls::known_terms {
    std::vector<client_terms> all;
    std::vector<openssl_ptr<X509_STORE>> stores;

    std::size_t place(const client_terms& one) {
        const auto at = std::ranges::find(all, one);
        const auto position = static_cast<std::size_t>(at - all.begin());
        if (at != all.end())
            return position;
        std::string why = "out of memory";
        auto store = one.auth == client_auth::none ? nullptr : make_client_store(one, why);
        // Whoever asked for client certificates gets no listener that does not ask.
        if (one.auth != client_auth::none && !store)
            refuse("client_ca", why);
        all.push_back(one);
        stores.push_back(std::move(store));
        return position;
    }
};

listener_tls::listener_tls(const listener_tls_settings& from, std::string_view name,
                           std::shared_ptr<ticket_keys> tickets,
                           std::vector<std::string_view> protocols)
    : choice_(from), tickets_(std::move(tickets)), protocols_(std::move(protocols)) {
    known_terms known;
    for (const auto& members : choice_.groups())
        add_context(from, members, name, known);
    all_alike_ = known.all.size() <= 1;
}

listener_tls::~listener_tls() = default;

void listener_tls::add_context(const listener_tls_settings& from,
                               const certificate_choice::group& members, std::string_view name,
                               known_terms& known) {
    const auto terms = terms_of(from, from.certificates[members.front()]);
    auto made = std::make_unique<context>();
    made->owner = this;
    made->auth = terms.auth;
    made->terms = known.place(terms);
    made->ssl = make_server_context(from.min_version);
    if (!made->ssl)
        refuse("a context", take_openssl_error());
    auto& ssl = *made->ssl;
    std::string why = "out of memory";
    for (const auto i : members) {
        const auto& one = from.certificates[i];
        if (!show_certificate(ssl, *one.certificate.content, *one.key.content, why))
            refuse(one.certificate.path, why);
    }
    if (terms.auth != client_auth::none &&
        !ask_clients(ssl, terms, *known.stores[made->terms], why))
        refuse("client_ca", why);
    const auto bound_to = session_context(name, terms);
    ::SSL_CTX_set_session_id_context(&ssl, reinterpret_cast<const unsigned char*>(bound_to.data()),
                                     static_cast<unsigned>(bound_to.size()));
    SSL_CTX_set_app_data(&ssl, made.get());
    listener_tls_callbacks::install(ssl);
    terms_.push_back(made->terms);
    contexts_.push_back(std::move(made));
}

std::unique_ptr<tls_session> listener_tls::accept() const {
    openssl_ptr<SSL> made(::SSL_new(contexts_.front()->ssl.get()));
    if (!made)
        return nullptr;
    ::SSL_set_accept_state(made.get());
    return std::make_unique<tls_session>(made.release());
}

bool listener_tls::read_standing(const tls_session& from, client_standing& to) const {
    to.terms = listener_tls_callbacks::context_of(from.native()).terms;
    const X509* const shown = ::SSL_get0_peer_certificate(from.native());
    if (shown == nullptr)
        return true;
    // Verified when it was shown, or the handshake had failed; looked at once more since believing
    // an unverified subject is the one mistake that must not happen here.
    if (::SSL_get_verify_result(from.native()) != X509_V_OK)
        return false;
    to.subject = one_line(*::X509_get_subject_name(shown));
    return to.subject.size() <= longest_subject &&
           std::ranges::all_of(to.subject, [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace sluice::net
