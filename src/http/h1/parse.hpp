// SPDX-License-Identifier: Apache-2.0
// HTTP/1 heads: bytes to the validated model. Whatever two readers could understand differently is
// refused here. Used by server_session.cpp and client_session.cpp.
#pragma once

#include "http/h1/scan.hpp"
#include "http/message_rules.hpp"
#include "sluice/base/arena.hpp"
#include "sluice/base/bytes.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/limits.hpp"

namespace sluice::http::h1 {

/// Reads one request head from the front of `bytes`. Views in `head` point into `bytes` and `room`.
/// Fails with bad_request, head_too_large, version_not_supported, not_implemented or
/// expectation_failed.
parse_step parse_request(byte_view bytes, scan_position&, const head_rules&, arena& room,
                         request_head& head);

/// Reads one response head. Views in `head` point into `bytes`. `verb` is the request's method: it
/// decides whether a body follows (RFC 9112 section 6.3). Fails with bad_upstream_message only.
parse_step parse_response(byte_view bytes, scan_position&, const limits&, method verb,
                          response_head& head);

/// Reads the fields of a complete trailer section (`bytes` ends with the empty line) into
/// `trailers`, leaving out what must not stand there (framing, routing, authentication and
/// hop-by-hop fields, RFC 9110 section 6.5.1). False when malformed.
bool parse_trailers(byte_view bytes, const limits&, header_list& trailers);

}  // namespace sluice::http::h1
