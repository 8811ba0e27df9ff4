// SPDX-License-Identifier: Apache-2.0
// Where a route leads: what nodes are sent, which services share its requests, their nodes, TLS to
// them, and every deadline with who says so.
#pragma once

#include "app/explain/explanation.hpp"
#include "app/explain/teller.hpp"
#include "proxy/table.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/listener.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::app::explain {

/// What the gateway would answer itself; `why` instead of the sentence it would send.
told_answer own_answer(errc, std::string_view why = {});

/// Nothing when the rewrite fails, which is a 400.
std::optional<told_sending> sending_of(const teller&, const proxy::table&, std::size_t route,
                                       const http::request_head&, arena& room);

/// What decides whether a service can answer, beside its settings.
struct service_question {
    bool sources_tell;  ///< a service without the nodes a source should have found has none
    bool is_call;       ///< of gRPC, which nodes of HTTP/1 cannot answer
};
std::vector<told_service> services_of(const teller&, const proxy::table&, std::size_t route,
                                      service_question);

/// The gateway's own answer when no service that gets a share of the requests has a node for them.
std::optional<told_answer> answer_of_all(const std::vector<told_service>&);

/// The deadlines of the client's side, which no route changes.
std::vector<told_timeout> client_timeouts_of(const teller&, const http::listener_settings&);

}  // namespace sluice::app::explain
