// SPDX-License-Identifier: Apache-2.0
// The keys of `services[].tls`. What files hold and what keys mean together is judged in net, where
// OpenSSL is.
#include "net/pem_kinds.hpp"
#include "net/upstream_tls_check.hpp"
#include "service/schemas.hpp"
#include "sluice/config/kinds.hpp"

namespace sluice::service {

const config::schema<net::upstream_tls_settings>& upstream_tls_schema() {
    using tls = net::upstream_tls_settings;
    using mode = net::upstream_tls_mode;
    static const config::choice<mode> modes{
        {"disabled", mode::disabled}, {"tls", mode::tls}, {"mtls", mode::mtls}};
    static const config::choice<net::tls_version> versions{{"TLSv1.2", net::tls_version::tls_1_2},
                                                           {"TLSv1.3", net::tls_version::tls_1_3}};
    static const config::schema<tls> keys{
        {
            {"mode", &tls::mode, modes,
             "whether nodes are spoken to in TLS; mtls: and shown a certificate of ours"},
            {"ca", &tls::ca, config::maybe{net::ca_file{}},
             "who signs the nodes' certificates; default: the authorities of the system"},
            {"certificate", &tls::certificate, config::maybe{net::certificate_file{}},
             "what nodes are shown with mtls: the certificate, then what leads to its root"},
            {"key", &tls::key, config::maybe{net::key_file{}},
             "the private key of that certificate"},
            {"server_name", &tls::server_name, net::server_name{},
             "the name in SNI and in the nodes' certificates; default: each node's own"},
            {"verify", &tls::verify, config::flag{},
             "whether nodes must prove who they are; false: anybody in between reads and changes "
             "what passes"},
            {"min_version", &tls::min_version, versions, "the oldest TLS version that is spoken"},
            {"crl", &tls::crl, config::maybe{net::crl_file{}},
             "which certificates of nodes are revoked"},
        },
        net::check_upstream_tls,
    };
    return keys;
}

}  // namespace sluice::service
