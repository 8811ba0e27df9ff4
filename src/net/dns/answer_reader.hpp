// SPDX-License-Identifier: Apache-2.0
// The bytes of a DNS answer as a value. The wire format is libresolv's business (ns_initparse and
// friends); what is decided here is which records count. c-ares 1.18 cannot do it: it gives no TTL
// for SRV and does not show the SOA record that bounds negative answers.
#pragma once

#include "sluice/net/resolver.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::net::dns {

/// More aliases in a row are a loop, or somebody's joke.
inline constexpr std::size_t most_aliases = 16;
/// More than 64 KiB can hold of A records; each SRV record costs two further questions.
inline constexpr std::size_t most_addresses = 4096;
inline constexpr std::size_t most_services = 1024;

/// The number records of this kind have in DNS messages.
int type_of(record_kind) noexcept;

/// Reads one answer to a question of this kind; any bytes whatsoever are fine. Aliases are followed
/// from the name in the answer's own question. Addresses that are not is_dialable() and SRV targets
/// that are no names are left out.
dns_answer read_answer(std::span<const std::uint8_t> bytes, record_kind kind);

/// False for addresses no node can have: 0.0.0.0/8 and ::, a blocker's way of saying no, which
/// would lead to this very machine; multicast; link-local IPv6, which needs an interface.
bool is_dialable(const address&);

}  // namespace sluice::net::dns
