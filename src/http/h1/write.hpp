// SPDX-License-Identifier: Apache-2.0
// Heads from the validated model to bytes: start line, framing, hop-by-hop, Host and forwarding
// fields are always written anew; end-to-end fields follow as they came. Used by server.cpp and
// client.cpp.
#pragma once

#include "sluice/base/byte_buffer.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/outgoing.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::http::h1 {

/// Writes a request head for a node. A request without a body carries no Content-Length, except the
/// methods whose missing body is unusual (POST, PUT, PATCH get `Content-Length: 0`).
void write_request(byte_buffer& out, const outgoing_request&);

/// What the connection says of itself on a response.
enum class persistence : std::uint8_t { keep_alive, close, keep_alive_1_0, upgrade };

/// Writes a response head for a client. `body` is the framing chosen for this client (until_close
/// writes none); `date` is used when the node sent none; `request_id` is added when not empty.
void write_response(byte_buffer& out, const response_head&, const framing& body, persistence,
                    std::string_view date, std::string_view request_id);

/// Writes a 1xx head.
void write_informational(byte_buffer& out, const response_head&);

/// `<hex size>\r\n`
void write_chunk_size(byte_buffer& out, std::uint64_t size);
/// `0\r\n`, the trailer fields, `\r\n`
void write_last_chunk(byte_buffer& out, const header_list* trailers);

}  // namespace sluice::http::h1
