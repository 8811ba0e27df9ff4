// SPDX-License-Identifier: Apache-2.0
// The header of the PROXY protocol, with which a load balancer says whose connection it passes on:
// version 1, a line, or version 2, binary. Bytes in, value out. Who may send one, and how long it
// may take, is decided in http/h1.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::net {

struct proxy_header {
    /// No header may be longer. Version 1 has a bound of its own, 107 bytes; version 2 allows
    /// 65,551, which no load balancer needs.
    static constexpr std::size_t longest = 4096;

    enum class state : std::uint8_t { incomplete, complete, malformed };
    state at = state::incomplete;
    std::size_t size = 0;  ///< complete: how many of the bytes are the header
    /// complete: the client named. None: the sender speaks for itself (LOCAL), or does not know an
    /// IP address of the client (UNKNOWN, UNSPEC, a Unix socket).
    std::optional<address> client;
    std::string_view why;  ///< malformed: static text
};

/// Reads the header that `bytes` begin with; `bytes` are all that came so far. What stands behind a
/// whole header is not looked at, and more bytes never change a verdict but incomplete.
proxy_header read_proxy_header(byte_view bytes);

}  // namespace sluice::net
