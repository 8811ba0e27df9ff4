// SPDX-License-Identifier: Apache-2.0
// One worker's connections of one listener, whatever they speak: each is a coroutine that opens the
// connection and then reads requests for the request_handler. Used by app.
#pragma once

#include "sluice/base/random.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/http/limits.hpp"
#include "sluice/http/listener.hpp"
#include "sluice/telemetry/metric.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::net {
class listener_tls;
}  // namespace sluice::net

namespace sluice::http {

namespace h1 {
class exchange_pool;
}  // namespace h1
namespace h2 {
class stream_pool;
}  // namespace h2

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
    /// with HTTP/2: connections told to calm down, by h2::abuse; null counters count nothing
    std::array<std::shared_ptr<telemetry::counter>, 11> abuses;
};

class connection;

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

    std::size_t open() const noexcept { return connections_.size(); }

    /// For the connections.
    request_handler& handler() const noexcept { return handler_; }
    random_source& random() noexcept { return random_; }
    const std::shared_ptr<const server_settings>& settings() const noexcept { return settings_; }
    h1::exchange_pool& h1_exchanges() noexcept { return *h1_exchanges_; }
    h2::stream_pool& h2_streams() noexcept { return *h2_streams_; }
    /// Whether this static text was not logged of late.
    bool is_news(std::string_view words);

private:
    friend class connection;
    void forget(connection&) noexcept;

    runtime::worker& worker_;
    std::shared_ptr<const server_settings> settings_;
    request_handler& handler_;
    on_close on_close_;
    random_source random_;
    std::vector<connection*> connections_;
    std::unique_ptr<h1::exchange_pool> h1_exchanges_;
    std::unique_ptr<h2::stream_pool> h2_streams_;
    std::vector<std::pair<std::string_view, time_point>> news_;  // static texts, when last logged
    bool draining_ = false;
};

}  // namespace sluice::http
