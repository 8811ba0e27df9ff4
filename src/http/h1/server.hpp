// SPDX-License-Identifier: Apache-2.0
// HTTP/1 towards clients: one worker's connections of one listener. Each connection is one
// coroutine that reads heads, calls the request_handler and closes. Used by app.
#pragma once

#include "sluice/base/random.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/http/listener.hpp"
#include "sluice/telemetry/metric.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::net {
class listener_tls;
}  // namespace sluice::net

namespace sluice::http::h1 {

/// How the handshakes of a listener ended. One that never began, because the client said nothing
/// at all before it left, is not among them.
struct handshake_counts {
    std::shared_ptr<telemetry::counter> full, resumed, failed, timed_out;
};

/// What a listener's connections are read against. Immutable, shared by all workers.
struct server_settings {
    listener_settings listener;
    std::shared_ptr<const void> presence;  ///< client_facts::presence
    limits bounds;
    timeouts deadlines;
    std::shared_ptr<const net::listener_tls> tls;  ///< null: plain
    handshake_counts handshakes;                   ///< with tls; null counters count nothing
};

class server_session;
struct exchange_state;

class server {
public:
    using on_close = std::function<void()>;
    /// An open connection that says nothing while we drain is closed after this: long enough for a
    /// request already on its way, short enough not to hold the process.
    static constexpr std::chrono::seconds drain_grace{1};

    server(runtime::worker&, std::shared_ptr<const server_settings>, request_handler&, on_close);
    ~server();  ///< every connection must have ended
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    /// From now on new connections are served with these. Open ones keep limits, deadlines and TLS
    /// to their end, and tell the handler of the new listener from their next request on.
    /// Thread: the worker's.
    void replace(std::shared_ptr<const server_settings>) noexcept;

    /// Serves an accepted connection until it ends; then on_close is called. Thread: the worker's.
    void adopt(int fd, const net::address& client);

    /// From now on answers close their connection and idle connections are closed.
    void drain();
    bool draining() const noexcept { return draining_; }
    /// Breaks what is still open.
    void abort();
    /// Closes idle connections to get descriptors back; says how many.
    std::size_t shed_idle();

    std::size_t open() const noexcept { return sessions_.size(); }

private:
    friend class server_session;
    std::unique_ptr<exchange_state> take_state();
    void give_state(std::unique_ptr<exchange_state>) noexcept;
    void forget(server_session&) noexcept;
    bool is_news(std::string_view words);

    runtime::worker& worker_;
    std::shared_ptr<const server_settings> settings_;
    request_handler& handler_;
    on_close on_close_;
    random_source random_;
    std::vector<server_session*> sessions_;
    std::vector<std::unique_ptr<exchange_state>> spare_;
    std::vector<std::pair<std::string_view, time_point>> news_;  // static texts, when last logged
    bool draining_ = false;
};

}  // namespace sluice::http::h1
