// SPDX-License-Identifier: Apache-2.0
// One client connection of `sluice backend`, from its first byte to its last. Bodies are read and
// written in pieces.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <string>

namespace sluice::commands {

/// Serves requests until the client or an error ends the connection. `name` is what answers call
/// this backend. Thread: the one that runs the socket's executor.
boost::asio::awaitable<void>
serve_backend_session(boost::asio::generic::stream_protocol::socket socket, std::string name);

}  // namespace sluice::commands
