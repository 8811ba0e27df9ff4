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

}  // namespace sluice::sources
