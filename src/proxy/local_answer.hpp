// SPDX-License-Identifier: Apache-2.0
// An answer of the gateway's own, put on a client stream.
#pragma once

#include "sluice/base/error.hpp"
#include "sluice/http/exchange_io.hpp"

#include <string_view>

namespace sluice::proxy {

struct own_answer {
    errc code;
    std::string_view detail;  ///< replaces the usual sentence when not empty
    std::string_view request_id;
};

/// Queues the whole answer as JSON; the caller flushes. Says its status.
unsigned put_local_answer(http::client_stream&, const own_answer&);

/// The same as a gRPC client understands it: status 200, no messages, and what would be trailers in
/// the head (trailers-only).
unsigned put_call_answer(http::client_stream&, const own_answer&);

}  // namespace sluice::proxy
