// SPDX-License-Identifier: Apache-2.0
// A client that sends any bytes and reads answers strictly.
#pragma once

#include "message.hpp"
#include "raw_socket.hpp"

#include <string>
#include <string_view>

namespace sluice::conformance {

/// How an answer ended.
enum class ending {
    whole,      ///< where its framing said
    closed,     ///< by the end of the connection, as its framing said
    truncated,  ///< the connection ended first
    reset,
    malformed,
    timeout,
};

struct answer : message {
    ending how = ending::timeout;
};

class raw_client {
public:
    explicit raw_client(std::uint16_t port) : socket_(raw_socket::connect(port)) {}

    /// False when the gateway does not take it, which it need not after it refused something.
    bool send(std::string_view bytes) { return socket_.send(bytes); }
    /// In two packets.
    void send_split(std::string_view bytes, std::size_t at);
    /// A byte a packet.
    void send_bytewise(std::string_view bytes);

    /// The next answer, 1xx ones too.
    answer read(body_rule = body_rule::response);
    /// The next final answer.
    answer read_final(body_rule = body_rule::response);
    /// Raw bytes, until there are at least `count` (or the connection ends).
    std::string read_raw(std::size_t count);
    /// True when the connection ends, cleanly or not, and not one more byte came.
    bool ends();

    void shut_write() { socket_.shut_write(); }
    void close() { socket_.close(); }
    void reset() { socket_.reset(); }

private:
    raw_socket socket_;
    std::string in_;
};

}  // namespace sluice::conformance
