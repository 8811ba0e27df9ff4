// SPDX-License-Identifier: Apache-2.0
// How a node of a service is reached. Used where the pools of a worker are made.
#pragma once

#include "proxy/table.hpp"
#include "upstream/transport.hpp"

namespace sluice::proxy {

/// With TLS the node must prove to be, in this order, the service's `server_name`, the DNS name it
/// was found under, or its own IP address.
upstream::transport transport_of(const table_service&, const table_node&);

/// None of its nodes is spoken to in HTTP/2, whatever it would like.
bool speaks_http1_only(const table_service&) noexcept;

}  // namespace sluice::proxy
