// SPDX-License-Identifier: Apache-2.0
// A service: a named set of nodes and how to talk to them. Plain data, part of the immutable table.
#pragma once

#include "sluice/http/limits.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/upstream_tls_settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::service {

/// One backend address of a service.
struct node {
    net::address address;
    unsigned weight = 1;  ///< share of the traffic among the service's nodes; 0: none
    /// 0 first; nodes of a higher tier are used when no connect to a lower one succeeds (the other
    /// address family of a DNS name)
    unsigned tier = 0;
    /// the DNS name it was found under, which its certificate must name; empty for an address that
    /// was written as one
    std::string name = {};

    friend bool operator==(const node&, const node&) = default;
};

/// One entry of `url` of a service whose nodes are found by DNS.
struct dns_name {
    std::string name;        ///< lower case; `_service._proto.name` asks for SRV records
    std::uint16_t port = 0;  ///< 0 with SRV records, which bring their own
    unsigned weight = 1;     ///< of each address found; SRV records bring their own

    friend bool operator==(const dns_name&, const dns_name&) = default;
};

/// The HTTP version spoken to nodes. http2: over TLS only when the node agrees to it (ALPN), plain
/// without asking (RFC 9113 section 3.3). automatic: what the node prefers of both.
enum class node_protocol : std::uint8_t { http1, http2, automatic };

/// Connections kept to one node by one worker.
struct pool_settings {
    std::size_t idle = 512;  ///< kept open while unused
    std::size_t max = 1024;  ///< open at once; above it a request waits up to timeouts.connect
    /// below the 60 s most servers close at
    std::chrono::milliseconds idle_timeout = std::chrono::seconds{50};

    friend bool operator==(const pool_settings&, const pool_settings&) = default;
};

struct retry_settings {
    unsigned attempts = 2;         ///< beyond the first
    unsigned budget_percent = 20;  ///< of the service's requests; connect failures are outside it

    friend bool operator==(const retry_settings&, const retry_settings&) = default;
};

/// One entry of `services`.
struct service_settings {
    std::string name;
    std::string source = "fixed";
    std::string balancer = "round_robin";
    std::vector<node> nodes;      ///< of `url`, for the source fixed
    std::vector<dns_name> names;  ///< of `url`, for the source dns
    pool_settings pool;
    retry_settings retries;
    http::timeout_overrides timeouts;
    net::upstream_tls_settings tls;
    node_protocol protocol = node_protocol::http1;

    friend bool operator==(const service_settings&, const service_settings&) = default;
};

}  // namespace sluice::service
