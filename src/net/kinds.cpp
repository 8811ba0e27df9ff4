// SPDX-License-Identifier: Apache-2.0
#include "net/kinds.hpp"

#include "sluice/base/strings.hpp"

#include <array>

namespace sluice::net {

std::string address_for(std::string_view text) {
    // Forms other programs take: a scheme in front, a port alone, a name for the loopback address.
    for (const std::string_view scheme : {"http://", "https://", "tcp://"})
        if (text.starts_with(scheme))
            text.remove_prefix(scheme.size());
    while (text.ends_with('/'))
        text.remove_suffix(1);
    const std::string whole(text);
    const auto after_name = whole.starts_with("localhost:") ? whole.substr(10) : std::string();
    const std::array candidates = {whole, "0.0.0.0" + whole, "0.0.0.0:" + whole,
                                   "127.0.0.1:" + after_name};
    for (const auto& one : candidates)
        if (const auto found = address::parse(one))
            return found->to_string();
    return {};
}

void listen_address::read(const config::value& from, address& to) const {
    if (from.text().starts_with("systemd:"))
        return from.refuse("sockets from systemd are not in this version", expected());
    const auto found = address::parse(from.text());
    if (!found)
        return from.refuse_as(expected(), address_for(from.text()));
    to = *found;
}

void address_block::read(const config::value& from, cidr& to) const {
    if (const auto found = cidr::parse(from.text())) {
        to = *found;
        return;
    }
    // The usual slip is 10.0.0.1/8; the longest block below the same address is what can be offered
    // safely.
    const auto text = from.text();
    const auto ip = text.substr(0, text.find('/'));
    from.refuse_as(expected(), cidr::parse(ip) ? std::string(ip) : std::string());
}

}  // namespace sluice::net
