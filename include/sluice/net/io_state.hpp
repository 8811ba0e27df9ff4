// SPDX-License-Identifier: Apache-2.0
// What a call on a connection answers at once: net/stream, net/tls_session and the codecs above.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::net {

/// blocked: nothing happened, await readiness and call again.
enum class io_state : std::uint8_t { done, blocked, broken };

/// What a read or a write did. `bytes` counts with done; a read of 0 bytes with done is the orderly
/// end.
struct io_result {
    io_state state = io_state::done;
    std::size_t bytes = 0;
};

}  // namespace sluice::net
