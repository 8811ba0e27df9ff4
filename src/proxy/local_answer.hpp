// SPDX-License-Identifier: Apache-2.0
// An answer of the gateway's own, put on a client stream.
#pragma once

#include "sluice/http/exchange_io.hpp"

#include <string_view>

namespace sluice::proxy {

/// Queues the whole answer for `code`; the caller flushes. `detail` replaces the usual sentence
/// when not empty.
void put_local_answer(http::client_stream&, errc code, std::string_view detail,
                      std::string_view request_id);

}  // namespace sluice::proxy
