// SPDX-License-Identifier: Apache-2.0
// What the matcher looks at: a validated head and where it came in.
#pragma once

#include "sluice/http/head.hpp"

#include <string_view>

namespace sluice::routing {

/// Borrows everything; made on the stack for one call of the matcher.
struct request_view {
    const http::request_head& head;
    std::string_view listener;  ///< name of the listener that accepted the connection
};

}  // namespace sluice::routing
