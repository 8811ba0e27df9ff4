// SPDX-License-Identifier: Apache-2.0
// How PEM files are named in the configuration: the path is read, then the file, then what is in
// it, so that whatever is wrong is told at the key. An expired certificate is a warning: a gateway
// that does not start helps nobody. Used by the schemas of listeners and services.
#pragma once

#include "sluice/config/form.hpp"
#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"
#include "sluice/net/listener_tls_settings.hpp"

#include <string>

namespace sluice::net {

/// A certificate and, behind it, the ones that lead to its root.
struct certificate_file {
    void read(const config::value& from, pem_file& to) const;
    void write(config::writer& out, const pem_file& from) const { out.text(from.path); }
    std::string expected() const { return "the path of a PEM file with a certificate"; }
    config::form look() const { return config::named_text("path of a file"); }
};

/// A private key that is not encrypted.
struct key_file {
    void read(const config::value& from, pem_file& to) const;
    void write(config::writer& out, const pem_file& from) const { out.text(from.path); }
    std::string expected() const { return "the path of a PEM file with a private key"; }
    config::form look() const { return config::named_text("path of a file"); }
};

/// Certificates of authorities that are believed.
struct ca_file {
    void read(const config::value& from, pem_file& to) const;
    void write(config::writer& out, const pem_file& from) const { out.text(from.path); }
    std::string expected() const { return "the path of a PEM file with certificates"; }
    config::form look() const { return config::named_text("path of a file"); }
};

/// Lists of certificates that are believed no more.
struct crl_file {
    void read(const config::value& from, pem_file& to) const;
    void write(config::writer& out, const pem_file& from) const { out.text(from.path); }
    std::string expected() const { return "the path of a PEM file with revocation lists"; }
    config::form look() const { return config::named_text("path of a file"); }
};

/// What a message may call the file: its path in quotes, or "the file" when the path is hidden.
std::string shown_file(const config::value& from, const pem_file&);

}  // namespace sluice::net
