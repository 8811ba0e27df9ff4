// SPDX-License-Identifier: Apache-2.0
// A block of IP addresses such as 10.0.0.0/8 or 2001:db8::/32, or whoever connects to a Unix socket:
// who is trusted, who is allowed.
#pragma once

#include "sluice/net/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

class cidr {
public:
    /// Reads `10.0.0.0/8`, `::1/128`, a single IP or `unix`. Nothing on other text, a length over
    /// the family's, or host bits set.
    static std::optional<cidr> parse(std::string_view text);
    /// Unix sockets are in `unix` alone. An IPv4-mapped IPv6 address counts as its IPv4 address.
    bool contains(const address& one) const noexcept;
    bool is_unix() const noexcept { return family_ == family::unix_socket; }
    std::string to_string() const;

    friend bool operator==(const cidr&, const cidr&) = default;

private:
    enum class family : std::uint8_t { v4, v6, unix_socket };
    std::uint8_t bytes_[16] = {};
    family family_ = family::v4;
    std::uint8_t length_ = 0;
};

}  // namespace sluice::net
