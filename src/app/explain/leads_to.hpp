// SPDX-License-Identifier: Apache-2.0
// Where a route leads: what nodes are sent, which services share its requests, their nodes, TLS to
// them, and every deadline with who says so.
#pragma once

#include "app/explain/explanation.hpp"
#include "app/explain/teller.hpp"
#include "proxy/table.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/listener.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace sluice::app::explain {

/// Nothing when the rewrite fails, which is a 400.
std::optional<told_sending> sending_of(const teller&, const proxy::table&, std::size_t route,
                                       const http::request_head&, arena& room);

std::vector<told_service> services_of(const teller&, const proxy::table&, std::size_t route);

/// The deadlines of the client's side, which no route changes.
std::vector<told_timeout> client_timeouts_of(const teller&, const http::listener_settings&);

}  // namespace sluice::app::explain
