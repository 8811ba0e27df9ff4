// SPDX-License-Identifier: Apache-2.0
// How `services[].tls` is read where that takes OpenSSL: names, and what only several keys together
// can tell. Used by the schema in service.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"
#include "sluice/net/upstream_tls_settings.hpp"

#include <string>

namespace sluice::net {

/// The name nodes must prove to have: a DNS name or an IP address.
struct server_name {
    void read(const config::value& from, std::string& to) const;
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    bool present(const std::string& one) const { return !one.empty(); }
    std::string expected() const {
        return "a host name such as node.example.com, or an IP address";
    }
    config::form look() const {
        return config::named_text("host name or IP address", "[A-Za-z0-9_.:-]{1,253}");
    }
};

/// Checks the whole of `tls` and makes its context. keys_read::refused: a key of it was refused already.
void check_upstream_tls(const config::value& from, upstream_tls_settings& read,
                        config::keys_read how);

}  // namespace sluice::net
