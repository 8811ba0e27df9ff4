// SPDX-License-Identifier: Apache-2.0
#include "service/node_list.hpp"

#include "net/kinds.hpp"
#include "service/name_list.hpp"
#include "service/url_list.hpp"

#include <algorithm>

namespace sluice::service {

namespace {

// What was meant by a text that is no address: another way to write one, or a name.
std::string meant_by(std::string_view text) {
    const auto address = net::address_for(text);
    return address.empty() && parse_dns_name(text) ? "source: dns" : address;
}

}  // namespace

std::string node_list::expected() const {
    return "IP addresses with ports such as 10.0.0.1:8080, [::1]:8080 or unix:/path, each with "
           "weight=N if wanted";
}

void node_list::read(const config::value& from, std::vector<node>& to) const {
    to.clear();
    const url_list entries{expected(), "a node", "10.0.0.1:8080 weight=5"};
    entries.read(from, [&](const url_entry& one) { read_one(one, to); });
}

void node_list::read_one(const url_entry& one, std::vector<node>& to) const {
    const auto address = net::address::parse(one.where);
    if (!address)
        return one.refuse("is not the address of a node", expected(), meant_by(one.where));
    if (address->is_any_port())
        return one.refuse("has port 0", "a port from 1 to 65535");
    if (std::ranges::find(to, *address, &node::address) != to.end())
        return one.refuse("is given twice", "each node once, a larger share by weight=N");
    node found{*address};
    found.weight = one.weight.value_or(1);
    to.push_back(std::move(found));
}

void node_list::write(config::writer& out, const std::vector<node>& from) const {
    out.list(from.size(), [&](std::size_t i) {
        const auto weight = from[i].weight == 1 ? "" : " weight=" + std::to_string(from[i].weight);
        out.text(from[i].address.to_string() + weight);
    });
}

}  // namespace sluice::service
