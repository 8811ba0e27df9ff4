// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/upstream_tls.hpp"

#include "net/client_context.hpp"
#include "net/digest.hpp"
#include "net/pem_content.hpp"
#include "net/shared_objects.hpp"
#include "sluice/net/tls_tickets.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <string_view>
#include <utility>

namespace sluice::net {

namespace {

// What a digest is made of: each part with its length, so that no two lists of parts look alike.
class digest_text {
public:
    void add(std::string_view part) {
        text_ += std::to_string(part.size());
        text_ += ':';
        text_ += part;
    }
    void add(const std::optional<pem_file>& file) {
        add(file ? "file" : "none");
        if (file)
            add(file->content->digest());
    }
    std::string finish() const { return sha256(text_); }

private:
    std::string text_;
};

// The bundle is not read to tell whether it changed: with thousands of services that would take
// longer than everything else.
std::string state_of_system_authorities() {
    auto path = system_authorities();
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0)
        return path;
    return fmt::format("{} {} {} {}.{}", path, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec,
                       facts.st_mtim.tv_nsec);
}

std::string identity_of(const upstream_tls_settings& from) {
    digest_text text;
    const bool shows = from.mode == upstream_tls_mode::mtls;
    text.add(shows ? "mtls" : "tls");
    text.add(from.min_version == tls_version::tls_1_3 ? "1.3" : "1.2");
    text.add(from.verify ? "verified" : "unverified");
    if (from.verify && !from.ca)
        text.add(state_of_system_authorities());
    text.add(from.ca);
    text.add(from.crl);
    text.add(shows ? from.certificate : std::nullopt);
    text.add(shows ? from.key : std::nullopt);
    return text.finish();
}

bool is_ip(const std::string& name) noexcept {
    std::array<unsigned char, 16> room{};
    return ::inet_pton(AF_INET, name.c_str(), room.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), room.data()) == 1;
}

// Whom the certificate must name (RFC 9525): a DNS name with wildcards for one whole label at
// most, or an IP address among its alternatives.
bool require_name(SSL& ssl, const std::string& name) noexcept {
    if (is_ip(name))
        return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(&ssl), name.c_str()) == 1;
    ::SSL_set_hostflags(&ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return ::SSL_set1_host(&ssl, name.c_str()) == 1;
}

// The protocol list of ALPN (RFC 7301): entries with their length in front.
void offer_protocols(SSL& ssl, alpn_offer offer) noexcept {
    static constexpr std::string_view both = "\x02h2\x08http/1.1";
    static constexpr std::size_t h2_size = 3;
    const auto list = offer == alpn_offer::both    ? both
                      : offer == alpn_offer::http2 ? both.substr(0, h2_size)
                                                   : both.substr(h2_size);
    ::SSL_set_alpn_protos(&ssl, reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
}

// OpenSSL hands over a session once a node sent a ticket; the session's connection says whose.
int keep_ticket(SSL* ssl, SSL_SESSION* one) noexcept {
    static_cast<tls_tickets*>(SSL_get_app_data(ssl))->keep(one);
    return 1;
}

// By identity: ten thousand services with the same authorities cost one context.
shared_objects<std::string, upstream_tls>& all_contexts() {
    static shared_objects<std::string, upstream_tls> all;
    return all;
}

}  // namespace

upstream_tls::upstream_tls(ssl_ctx_st* context, std::string identity, bool verifies) noexcept
    : context_(context), identity_(std::move(identity)), verifies_(verifies) {}

upstream_tls::~upstream_tls() { ::SSL_CTX_free(context_); }

std::shared_ptr<const upstream_tls> upstream_tls::known(const upstream_tls_settings& settings) {
    return all_contexts().find(identity_of(settings));
}

std::shared_ptr<const upstream_tls> upstream_tls::of(const upstream_tls_settings& settings,
                                                     std::string& why) {
    auto identity = identity_of(settings);
    if (auto found = all_contexts().find(identity))
        return found;
    auto context = make_client_context(settings, why);
    if (!context)
        return nullptr;
    ::SSL_CTX_sess_set_new_cb(context.get(), keep_ticket);
    const auto key = identity;
    return all_contexts().add(key, std::shared_ptr<const upstream_tls>(new upstream_tls(
                                       context.release(), std::move(identity), settings.verify)));
}

std::unique_ptr<tls_session> upstream_tls::connect(const std::string& name, tls_tickets& tickets,
                                                   alpn_offer offer) const {
    openssl_ptr<SSL> ssl(::SSL_new(context_));
    if (!ssl || (verifies_ && (name.empty() || !require_name(*ssl, name))))
        return ::ERR_clear_error(), nullptr;
    offer_protocols(*ssl, offer);
    if (!name.empty() && !is_ip(name))
        SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    SSL_set_app_data(ssl.get(), &tickets);
    if (auto* const known_session = tickets.take()) {
        ::SSL_set_session(ssl.get(), known_session);
        ::SSL_SESSION_free(known_session);
    }
    ::SSL_set_connect_state(ssl.get());
    return std::make_unique<tls_session>(ssl.release());
}

}  // namespace sluice::net
