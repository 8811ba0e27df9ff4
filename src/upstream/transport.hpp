// SPDX-License-Identifier: Apache-2.0
// Where the connections of a pool lead and how they get there. Two connections may stand in for one
// another only when all of it is the same.
#pragma once

#include "sluice/net/address.hpp"
#include "sluice/net/upstream_tls.hpp"
#include "sluice/service/service.hpp"

#include <memory>
#include <string>
#include <utility>

namespace sluice::upstream {

struct transport {
    /// Plain bytes to `to`.
    transport(net::address to) : target(std::move(to)) {}
    /// TLS to `to`, whose certificate names `whom`: a DNS name or an IP address.
    transport(net::address to, std::shared_ptr<const net::upstream_tls> with, std::string whom)
        : target(std::move(to)), tls(std::move(with)), name(std::move(whom)) {}

    net::address target;
    std::shared_ptr<const net::upstream_tls> tls;  ///< null: plain
    std::string name;
    /// Plain, a node cannot be asked what it speaks: `automatic` is http1 there.
    service::node_protocol speaks = service::node_protocol::http1;

    friend bool operator==(const transport& one, const transport& other) noexcept {
        return one.target == other.target && one.name == other.name && one.speaks == other.speaks &&
               (one.tls == other.tls ||
                (one.tls && other.tls && one.tls->identity() == other.tls->identity()));
    }
};

}  // namespace sluice::upstream
