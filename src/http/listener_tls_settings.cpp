// SPDX-License-Identifier: Apache-2.0
// The keys of `listeners[].tls`. What files hold and what keys mean together is judged in net, where
// OpenSSL is.
#include "http/kinds.hpp"
#include "http/schemas.hpp"
#include "net/listener_tls_check.hpp"
#include "net/pem_kinds.hpp"
#include "sluice/config/kinds.hpp"

namespace sluice::http {

namespace {

const config::choice<net::client_auth>& client_auths() {
    static const config::choice<net::client_auth> words{{"none", net::client_auth::none},
                                                        {"optional", net::client_auth::optional},
                                                        {"require", net::client_auth::require}};
    return words;
}

/// Left out, the certificate itself says whom it is for.
struct own_hosts : config::list_of<certificate_host> {
    bool present(const std::vector<std::string>& one) const { return !one.empty(); }
};

const config::schema<net::listener_certificate>& certificate_schema() {
    using certificate = net::listener_certificate;
    static const config::schema<certificate> keys{
        {
            {"certificate", &certificate::certificate, net::certificate_file{},
             "the certificate, then what leads to its root", config::required},
            {"key", &certificate::key, net::key_file{}, "its private key", config::required},
            {"hosts", &certificate::hosts,
             own_hosts{{certificate_host{}, "host names, wildcards allowed", 1}},
             "for which names it is shown; without the key, those the certificate itself has"},
            {"client_ca", &certificate::client_ca, config::maybe{net::ca_file{}},
             "`client_ca` for these names, instead of the listener's"},
            {"client_auth", &certificate::client_auth, config::maybe{client_auths()},
             "`client_auth` for these names, instead of the listener's"},
            {"crl", &certificate::crl, config::maybe{net::crl_file{}},
             "`crl` for these names, instead of the listener's"},
        },
        net::check_certificate,
    };
    return keys;
}

}  // namespace

const config::schema<net::listener_tls_settings>& listener_tls_schema() {
    using tls = net::listener_tls_settings;
    static const config::choice<net::tls_version> versions{{"TLSv1.2", net::tls_version::tls_1_2},
                                                           {"TLSv1.3", net::tls_version::tls_1_3}};
    static const config::schema<tls> keys{
        {
            {"certificates", &tls::certificates,
             config::list_of{config::block(certificate_schema()), "certificates", 1},
             "what is shown to clients, picked by SNI; the first is the default", config::required},
            {"client_ca", &tls::client_ca, config::maybe{net::ca_file{}},
             "who signs the certificates of clients"},
            {"client_auth", &tls::client_auth, client_auths(),
             "whether clients must show a certificate; optional: a good one or none"},
            {"min_version", &tls::min_version, versions, "the oldest TLS version that is spoken"},
            {"crl", &tls::crl, config::maybe{net::crl_file{}},
             "which certificates of clients are revoked"},
        },
        net::check_listener_tls,
    };
    return keys;
}

}  // namespace sluice::http
