// SPDX-License-Identifier: Apache-2.0
// How addresses and address blocks are read from the configuration. Used by the schemas of
// listeners, services and admin.
#pragma once

#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/cidr.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

/// Where to listen: an IP and a port, or a Unix socket. Port 0 lets the kernel choose.
struct listen_address {
    void read(const config::value& from, address& to) const;
    void write(config::writer& out, const address& from) const { out.text(from.to_string()); }
    std::string expected() const {
        return "an IP address and a port such as 0.0.0.0:8080 or [::]:8080, or unix:/path";
    }
};

struct address_block {
    void read(const config::value& from, cidr& to) const;
    void write(config::writer& out, const cidr& from) const { out.text(from.to_string()); }
    std::string expected() const { return "an IP address or a block such as 10.0.0.0/8"; }
};

/// What somebody who wrote `text` for an address probably meant; empty when there is no telling.
std::string address_for(std::string_view text);

}  // namespace sluice::net
