// SPDX-License-Identifier: Apache-2.0
// One entry of `listeners`: where clients connect and how strictly their messages are read.
#pragma once

#include "sluice/net/address.hpp"
#include "sluice/net/cidr.hpp"
#include "sluice/net/listener_tls_settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::http {

/// What happens to a field whose name has an underscore: names that alias a field the gateway or a
/// node trusts are dropped, every underscore name is dropped, or the request is refused with 400.
enum class underscore_policy : std::uint8_t { drop_aliases, drop, reject };

/// What happens to a path that is not canonical: it is brought to its canonical form, or refused
/// with 400.
enum class path_policy : std::uint8_t { rewrite, reject };

/// What may be spoken at a listener: HTTP/1; HTTP/2 agreed on by ALPN; HTTP/2 without TLS by prior
/// knowledge (RFC 9113 section 3.3).
enum class client_protocol : std::uint8_t { http1, h2, h2c };

struct listener_settings {
    std::string name;
    net::address address;
    std::optional<net::listener_tls_settings> tls;  ///< none: plain
    std::vector<client_protocol> protocols{client_protocol::http1};
    underscore_policy underscore_headers = underscore_policy::drop_aliases;
    path_policy path_normalize = path_policy::rewrite;
    bool proxy_protocol =
        false;  ///< connections begin with a PROXY header, of trusted proxies only
    std::vector<net::cidr> trusted_proxies;  ///< whose X-Forwarded-* and X-Request-Id are kept

    bool speaks(client_protocol) const noexcept;
    /// Whether `sender` is one of trusted_proxies.
    bool trusts(const net::address& sender) const noexcept;

    friend bool operator==(const listener_settings&, const listener_settings&) = default;
};

}  // namespace sluice::http
