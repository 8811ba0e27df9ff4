// SPDX-License-Identifier: Apache-2.0
// How server_session.cpp hands itself to nghttp2.
#pragma once

#include <nghttp2/nghttp2.h>

namespace sluice::http::h2 {

/// Of a session whose user data is a server_session; null when out of memory. Made once.
const nghttp2_session_callbacks* session_callbacks();

/// Where nghttp2 finds the body of a response.
nghttp2_data_provider body_source() noexcept;

}  // namespace sluice::http::h2
