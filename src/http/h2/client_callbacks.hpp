// SPDX-License-Identifier: Apache-2.0
// What nghttp2 calls while it reads and writes the bytes of a client_session. Private to it.
#pragma once

#include <nghttp2/nghttp2.h>

namespace sluice::http::h2 {

/// One set for all connections.
const nghttp2_session_callbacks* callbacks_of_clients();

/// Where nghttp2 finds the body of a request.
nghttp2_data_provider request_body() noexcept;

}  // namespace sluice::http::h2
