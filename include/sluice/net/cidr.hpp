// SPDX-License-Identifier: Apache-2.0
// A block of IP addresses such as 10.0.0.0/8 or 2001:db8::/32: who is trusted, who is allowed.
#pragma once

#include "sluice/net/address.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

class cidr {
public:
    /// Reads `10.0.0.0/8`, `::1/128` or a single IP. Nothing on other text, a length over the
    /// family's, or host bits set.
    static std::optional<cidr> parse(std::string_view text);
    /// Never true for Unix sockets. An IPv4-mapped IPv6 address counts as its IPv4 address.
    bool contains(const address& one) const noexcept;
    std::string to_string() const;

    friend bool operator==(const cidr&, const cidr&) = default;

private:
    std::uint8_t bytes_[16] = {};
    bool v6_ = false;
    std::uint8_t length_ = 0;
};

}  // namespace sluice::net
