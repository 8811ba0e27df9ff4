// SPDX-License-Identifier: Apache-2.0
// How names of HTTP are read from the configuration: hosts, methods, fields. Used by routes and
// admin.
#pragma once

#include "sluice/config/form.hpp"
#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"

#include <string>
#include <string_view>

namespace sluice::http {

/// True for a DNS name (letters, digits, `-`, `_`; labels up to 63, 253 in all), an IPv4 address or
/// a [v6] address.
bool is_host(std::string_view text);

/// What is_token() allows, and no less than is_host() allows, as patterns for the JSON schema.
inline constexpr std::string_view token_pattern = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
inline constexpr std::string_view host_text = R"((\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,253}))";

/// A host, with or without `*.` in front.
inline config::form wildcard_form() {
    return config::named_text("host name or *. and one", "([*][.])?" + std::string(host_text));
}

/// A host without a port, kept in lower case.
struct host_name {
    void read(const config::value& from, std::string& to) const;
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "a host name without a port, such as shop.example.com"; }
    config::form look() const { return config::named_text("host name", std::string(host_text)); }
};

/// A host, or `*.` and a host for everything below it, kept in lower case.
struct host_pattern {
    void read(const config::value& from, std::string& to) const;
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const {
        return "a host name such as shop.example.com or *.example.org, without a port";
    }
    config::form look() const { return wildcard_form(); }
};

/// A name a client may ask a certificate for (SNI): a host name, or `*.` and one for everything one
/// label below it; no IP address. Kept in lower case.
struct certificate_host {
    void read(const config::value& from, std::string& to) const;
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "a host name such as shop.example.com or *.example.org"; }
    config::form look() const { return wildcard_form(); }
};

/// A request method. Methods are compared with their case (RFC 9110 section 9.1), so `get` earns a
/// warning.
struct method_name {
    void read(const config::value& from, std::string& to) const;
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "a method such as GET"; }
    config::form look() const;
};

}  // namespace sluice::http
