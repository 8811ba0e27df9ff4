// SPDX-License-Identifier: Apache-2.0
// How long a body is: the rules of RFC 9112 section 6 and RFC 9110 section 8.6, where request
// smuggling lives. Stricter than the RFC allows wherever two readers could disagree.
#pragma once

#include "http/message_rules.hpp"

namespace sluice::http::h1 {

/// Sets head.body. head.received must be set.
verdict frame_request(const field_sorter&, request_head&);

/// Sets head.body and head.declared_length, and takes keep_alive away where the node's message is
/// in doubt or ends with its connection. head.status, .received and .keep_alive must be set.
verdict frame_response(const field_sorter&, method verb, response_head&);

}  // namespace sluice::http::h1
