// SPDX-License-Identifier: Apache-2.0
// One client connection from its accept to its end: what is known of the client, what comes before
// its first request (PROXY header, TLS, the choice of protocol), and the session that then speaks
// on it. Private to http; knows no protocol.
#pragma once

#include "http/server.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/runtime/task.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::http {

/// What the server wants of the session that speaks on a connection.
class speaker {
public:
    /// The server begins to drain.
    virtual void drain() noexcept = 0;
    /// Breaks the connection in whatever it does. A request whose answer has not begun is told so
    /// if that takes no waiting.
    virtual void abort() noexcept = 0;
    /// Kept open after a request, with nothing of the next one here: clients expect such a
    /// connection to end.
    virtual bool may_be_shed() const noexcept = 0;
    /// Ends the wait for the next request.
    virtual void close_idle() noexcept = 0;

protected:
    ~speaker() = default;
};

class connection {
public:
    connection(server&, runtime::worker&, int fd, const net::address& client);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Opens it and lets the session of its protocol speak; deleted at its end.
    static void begin(std::unique_ptr<connection>);

    // For the session.
    server& owner() const noexcept { return server_; }
    runtime::worker& worker() const noexcept { return worker_; }
    net::stream& socket() noexcept { return socket_; }
    const client_facts& facts() const noexcept { return facts_; }
    /// Of the accept: how its bytes are read.
    const server_settings& settings() const noexcept { return *settings_; }
    /// When HTTP may begin: the accept, or the end of its TLS handshake.
    time_point opened() const noexcept { return opened_; }
    void speaks(speaker* now) noexcept { speaker_ = now; }

    /// From now on the facts are what the listener is by now. False for a connection that was let
    /// in on other terms: it stays what it was, and the request at hand is its last.
    bool take_latest() noexcept { return latest_ == server_.settings() || take_changed(); }

    /// After the last answer: sends our end, then reads and forgets what still comes, for a short
    /// while. Closing with unread bytes would reset the connection and could destroy the answer on
    /// its way (RFC 9112 section 9.6).
    enum class patience : std::uint8_t { usual, brief, none };
    static runtime::task<> linger(connection&, patience);

    // For the server.
    void drain() noexcept;
    void abort() noexcept;
    /// True when it was idle and ends now.
    bool shed() noexcept;
    /// Where this stands in the server's list.
    std::size_t position() const noexcept { return position_; }
    void set_position(std::size_t position) noexcept { position_ = position; }

private:
    enum class protocol : std::uint8_t { undecided, http1, h2 };

    static runtime::task<> open(std::unique_ptr<connection>);
    static void hand_over(std::unique_ptr<connection>, protocol);
    bool opens_at_once() const noexcept;
    protocol agreed_protocol() const noexcept;
    runtime::task<> find_protocol(protocol& found);
    protocol peek_protocol();

    void identify(const net::address& client);
    bool take_changed() noexcept;
    time_point opening_deadline(std::chrono::milliseconds allowed) const noexcept;
    runtime::task<> take_proxy_header();
    void proxy_header_is_late();
    bool proxy_header_step();
    void turn_away(errc, std::string_view why);

    runtime::task<> shake_hands();
    runtime::readiness handshake_wait() noexcept;
    io_state handshake_step();
    void handshake_ended(io_state);
    void handshake_failed(std::string_view why) noexcept;
    void count(const std::shared_ptr<telemetry::counter>&) noexcept;
    runtime::task<> let_end_arrive();
    bool drop_ciphertext(std::size_t& most) noexcept;

    server& server_;
    std::shared_ptr<const server_settings> settings_;
    std::shared_ptr<const server_settings> latest_;  // what the listener is by now
    runtime::worker& worker_;
    net::stream socket_;
    speaker* speaker_ = nullptr;
    client_facts facts_;
    net::address client_;
    std::string ip_;
    std::string address_;
    std::string subject_;
    std::size_t position_ = 0;
    time_point opened_;
    bool unnamed_ = false;  // behind a PROXY header that names nobody
    bool waiting_ = false;  // while it opens
    bool broken_ = false;   // while it opens
};

}  // namespace sluice::http
