// SPDX-License-Identifier: Apache-2.0
// `services[].tls` as values: whether the nodes of a service are spoken to in TLS, whom they must
// prove to be, and what we show them. Files were read when the configuration was. Read in
// service/upstream_tls_schema, used by net/upstream_tls.
#pragma once

#include "sluice/net/listener_tls_settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

class upstream_tls;

/// disabled: plain bytes. tls: nodes show certificates. mtls: we show ours as well.
enum class upstream_tls_mode : std::uint8_t { disabled, tls, mtls };

/// As the configuration spells it.
constexpr std::string_view word_of(upstream_tls_mode mode) noexcept {
    switch (mode) {
    case upstream_tls_mode::disabled:
        break;
    case upstream_tls_mode::tls:
        return "tls";
    case upstream_tls_mode::mtls:
        return "mtls";
    }
    return "disabled";
}

struct upstream_tls_settings {
    upstream_tls_mode mode = upstream_tls_mode::disabled;
    std::optional<pem_file> ca;           ///< none: the authorities of the system
    std::optional<pem_file> certificate;  ///< with mtls; the leaf first
    std::optional<pem_file> key;
    std::optional<pem_file> crl;
    /// The name in SNI and in the nodes' certificates, or an IP address; empty: each node's own.
    std::string server_name;
    bool verify = true;
    tls_version min_version = tls_version::tls_1_2;

    /// Made of all above when it was read; null when disabled. One object for equal settings, so
    /// comparing it costs nothing and a reload that changes no file changes nothing here.
    std::shared_ptr<const upstream_tls> context;

    friend bool operator==(const upstream_tls_settings&, const upstream_tls_settings&) = default;
};

}  // namespace sluice::net
