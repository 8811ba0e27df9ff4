// SPDX-License-Identifier: Apache-2.0
// Which fields may stand behind a body. Used by every codec that reads trailers.
#pragma once

#include <string_view>

namespace sluice::http {

/// Not a name a recipient might act on as if it had stood in the head (RFC 9110 section 6.5.1).
bool may_be_trailer(std::string_view name) noexcept;

}  // namespace sluice::http
