// SPDX-License-Identifier: Apache-2.0
// Opens a connection to a node. Used by proxy/connect; names are resolved long before.
#pragma once

#include "sluice/net/address.hpp"
#include "sluice/net/stream.hpp"

#include <chrono>
#include <memory>

namespace sluice::net {

/// Begins to connect to `target`: the stream becomes writable when connected. Null when not even a
/// socket could be had (descriptors) or the kernel refused at once.
std::unique_ptr<stream> start_dial(runtime::worker&, const address& target);

/// After the stream became writable: whether the connection stands. 0, or the errno of its failure.
int dial_error(const stream&) noexcept;

/// Breaks the connection once what was sent over it is not acknowledged for so long, or not taken;
/// the kernel itself would try for a quarter of an hour. For connections that many share, which
/// all wait for a machine that is gone.
void give_up_after(const stream&, std::chrono::milliseconds) noexcept;

}  // namespace sluice::net
