// SPDX-License-Identifier: Apache-2.0
// The Date field: one text a second and thread, because formatting it anew costs a sixth of a
// request.
#pragma once

#include <chrono>
#include <string_view>

namespace sluice::http {

/// `Sun, 06 Nov 1994 08:49:37 GMT` for that second (RFC 9110 section 5.6.7); valid until this
/// thread's next call.
std::string_view http_date(std::chrono::system_clock::time_point now) noexcept;

}  // namespace sluice::http
