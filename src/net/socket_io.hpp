// SPDX-License-Identifier: Apache-2.0
// One read and one write on a watched socket, with what they teach about its readiness. Used by
// net/stream for plain bytes, by net/socket_bio for records of TLS, and by http/h1 for what comes
// before either.
#pragma once

#include "sluice/base/bytes.hpp"
#include "sluice/net/io_state.hpp"
#include "sluice/runtime/poll_set.hpp"

#include <span>

namespace sluice::net {

/// Reads once, when the flag is up. broken leaves the reason in errno.
io_result receive_once(runtime::watched&, mutable_bytes room) noexcept;

/// What the next reads will bring, as far as it is here; it stays to be read. done with no bytes is
/// the end. The flag is left as it is.
io_result peek_once(runtime::watched&, mutable_bytes room) noexcept;

/// Writes at most 8 pieces in one call, when the flag is up. broken leaves the reason in errno.
io_result send_once(runtime::watched&, std::span<const byte_view> pieces) noexcept;

}  // namespace sluice::net
