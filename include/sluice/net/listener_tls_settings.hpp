// SPDX-License-Identifier: Apache-2.0
// `listeners[].tls` as values: which certificates a listener shows and whom it asks for one. Files
// were read when the configuration was, so equal settings mean equal certificates and a reload that
// changes no file changes nothing here. Read in http/listener_tls_schema, used by net/listener_tls.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

enum class tls_version : std::uint8_t { tls_1_2, tls_1_3 };

/// Whether clients are asked for a certificate: never; asked, and a good one or none is accepted; or
/// no connection without a good one.
enum class client_auth : std::uint8_t { none, optional, require };

class pem_content;

/// A PEM file and what was in it. Equal contents are one object, read once; null when none was read.
struct pem_file {
    std::string path;
    std::shared_ptr<const pem_content> content;

    friend bool operator==(const pem_file&, const pem_file&) noexcept;
};

enum class key_kind : std::uint8_t { rsa, ecdsa, ed25519 };

/// One entry of `certificates`. What it leaves out about clients is the listener's.
struct listener_certificate {
    pem_file certificate;  ///< the leaf first, then what leads to its root
    pem_file key;
    std::vector<std::string> hosts;  ///< as written; empty: what the certificate names
    std::optional<pem_file> client_ca;
    std::optional<net::client_auth> client_auth;
    std::optional<pem_file> crl;

    // Read from the files.
    std::vector<std::string>
        names;  ///< the SNI names it is for, lower case, `*.` for one or more labels
    key_kind kind = key_kind::ecdsa;

    friend bool operator==(const listener_certificate&, const listener_certificate&) = default;
};

struct listener_tls_settings {
    std::vector<listener_certificate> certificates;  ///< the first is the default
    std::optional<pem_file> client_ca;
    net::client_auth client_auth = net::client_auth::none;
    tls_version min_version = tls_version::tls_1_2;
    std::optional<pem_file> crl;

    friend bool operator==(const listener_tls_settings&, const listener_tls_settings&) = default;
};

/// Whom a connection must be from. Two are equal when the same files say so.
struct client_terms {
    client_auth auth = client_auth::none;
    std::string_view ca;   ///< PEM; empty when nobody is asked
    std::string_view crl;  ///< PEM; may be empty

    friend bool operator==(const client_terms&, const client_terms&) = default;
};

/// The terms of one certificate, the listener's filled in. An entry with a client_ca of its own does
/// not take the listener's crl, which is about another CA. Views into the settings.
client_terms terms_of(const listener_tls_settings&, const listener_certificate&) noexcept;

/// Whether a connection that was let in under one of them may pass for one of the other: both are
/// plain, or both ask the same of clients for the same hosts. What certificates the listener itself
/// shows does not matter.
bool ask_the_same(const std::optional<listener_tls_settings>&,
                  const std::optional<listener_tls_settings>&) noexcept;

}  // namespace sluice::net
