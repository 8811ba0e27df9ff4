// SPDX-License-Identifier: Apache-2.0
// How addresses and address blocks are read from the configuration. Used by the schemas of
// listeners, services and admin.
#pragma once

#include "sluice/config/form.hpp"
#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/cidr.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

/// Where to listen: an IP and a port, or a Unix socket. Port 0 lets the kernel choose.
struct listen_address {
    void read(const config::value& from, address& to) const;
    void write(config::writer& out, const address& from) const { out.text(from.to_string()); }
    std::string expected() const {
        return "an IP address and a port such as 0.0.0.0:8080 or [::]:8080, or unix:/path";
    }
    config::form look() const {
        return config::patterned("address and port",
                                 R"(([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}|unix:/.+)");
    }
};

/// The same, or a socket systemd passes: `systemd:NAME`.
struct listener_address {
    void read(const config::value& from, address& to) const;
    void write(config::writer& out, const address& from) const { out.text(from.to_string()); }
    std::string expected() const {
        return "an IP address and a port such as 0.0.0.0:8080 or [::]:8080, unix:/path, or "
               "systemd:NAME";
    }
    config::form look() const {
        return config::patterned(
            "address and port",
            R"(([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}|unix:/.+|systemd:[^:]+)");
    }
};

/// An IP, a block of them, or `unix`: whoever connects to a Unix socket.
struct address_block {
    void read(const config::value& from, cidr& to) const;
    void write(config::writer& out, const cidr& from) const { out.text(from.to_string()); }
    std::string expected() const { return "an IP address, a block such as 10.0.0.0/8, or unix"; }
    config::form look() const {
        return config::patterned("address, block or unix", "[0-9A-Fa-f:.]+(/[0-9]{1,3})?|unix");
    }
};

/// Name servers: IP addresses, port 53 unless they say another.
struct name_servers {
    void read(const config::value& from, std::vector<address>& to) const;
    void write(config::writer& out, const std::vector<address>& from) const;
    bool present(const std::vector<address>& servers) const { return !servers.empty(); }
    std::string expected() const {
        return "a list of IP addresses such as 10.0.0.2 or [::1]:5353, port 53 if none is given";
    }
    config::form look() const;
};

/// What somebody who wrote `text` for an address probably meant; empty when there is no telling.
std::string address_for(std::string_view text);

}  // namespace sluice::net
