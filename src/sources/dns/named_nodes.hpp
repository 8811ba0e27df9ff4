// SPDX-License-Identifier: Apache-2.0
// From names and what is known of them to the nodes of a service: which questions to ask, and the
// list with weights and tiers that the answers make. Values only.
#pragma once

#include "sluice/net/resolver.hpp"
#include "sluice/service/service.hpp"
#include "sources/dns/lookup.hpp"

#include <functional>
#include <vector>

namespace sluice::sources {

/// What is known of a question; null when it is not watched.
using known_lookups = std::function<const lookup*(const net::dns_question&)>;
/// Which family of a name goes first, by one of its IPv6 addresses.
using order_of_families = std::function<net::family_order(const net::address&)>;

/// All questions these names need now, sorted: A and AAAA, or SRV and then A and AAAA of the
/// targets known so far.
std::vector<net::dns_question> questions_of(const std::vector<service::dns_name>& names,
                                            const known_lookups& known);

/// The nodes these names lead to: each address once, sorted by tier and address. Of an address
/// found twice the lowest tier and the largest weight count. Tiers are numbered from 0 without
/// gaps: priority of SRV records first, then the family where a name has both.
std::vector<service::node> nodes_of(const std::vector<service::dns_name>& names,
                                    const known_lookups& known, const order_of_families& order);

/// A question whose addresses are nodes, and the one because of which it is asked: itself, or the
/// SRV records that name its target.
struct holding {
    net::dns_question asked;
    net::dns_question because_of;
};

/// Which questions hold the nodes of nodes_of() now.
std::vector<holding> holdings_of(const std::vector<service::dns_name>& names,
                                 const known_lookups& known);

/// Whether the nodes it held went because a name does not exist any more, and that is believed. No:
/// it may have other ones, which nobody knows yet.
bool is_surely_gone(const holding&, const known_lookups& known);

}  // namespace sluice::sources
