// SPDX-License-Identifier: Apache-2.0
// What a node is sent instead of what the client sent: the path, rewritten, and Host. Asked by the
// gateway for every request, and by explain for requests that are only talked about.
#pragma once

#include "proxy/table.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"

#include <optional>
#include <string_view>

namespace sluice::proxy {

/// The path nodes of this route see; nothing when a rewrite leads above the root. Lives as long as
/// the request, the route and `room`.
std::optional<std::string_view> path_for_node(const route_settings&, const http::request_head&,
                                              arena& room);

/// The Host nodes of this route see. Empty where it is the node's own (authority_of): asked for, or
/// HTTP/1.0 without Host.
std::string_view authority_for_node(const route_settings&, const http::request_head&) noexcept;

/// What `rewrite.host: upstream` calls a node: its address. A Unix socket's path is no Host: its
/// service's name stands for it.
std::string_view authority_of(const table_service&, const table_node&) noexcept;

/// Its Content-Length alone is over limits.body: no node is asked.
bool announces_too_much(const http::request_head&, const http::limits&) noexcept;

}  // namespace sluice::proxy
