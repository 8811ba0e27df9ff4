// SPDX-License-Identifier: Apache-2.0
// The connections of one worker to one node: whole ones (HTTP/1), idle ones kept newest-first, and
// shared ones (HTTP/2); a bound on all of them, and a queue of requests that wait for room. Used by
// proxy/attempt.
#pragma once

#include "sluice/net/tls_tickets.hpp"
#include "sluice/runtime/timer_wheel.hpp"
#include "sluice/service/node_stats.hpp"
#include "sluice/service/service.hpp"
#include "upstream/connection.hpp"
#include "upstream/recent_words.hpp"
#include "upstream/shared_connections.hpp"
#include "upstream/slot_wait.hpp"
#include "upstream/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::upstream {

class node_pool final : private http::h2::client_session::owner {
public:
    node_pool(runtime::worker&, transport, const service::pool_settings&,
              std::shared_ptr<service::node_stats>);
    ~node_pool();  ///< nothing may be leased or waiting
    node_pool(const node_pool&) = delete;
    node_pool& operator=(const node_pool&) = delete;

    const transport& where() const noexcept { return where_; }
    /// Puts TLS over a connection that has just been made, for whoever reserved its place; the
    /// handshake follows. False when out of memory or when the node's name cannot be checked.
    bool secure(net::stream&);
    /// After the handshake: why the connection serves nobody, in words; empty when it serves.
    std::string_view objection_to(const net::stream&) const noexcept;
    /// Whether these words about a failed handshake are worth a line in the log (recent_words).
    bool is_news(std::string_view words);

    /// The newest idle connection that still stands, or a stream of a shared one; nothing when
    /// there is none.
    connection take();
    /// The same for who was let down by a connection of before `since`: nothing that stood then.
    connection take_made_since(time_point since);
    /// Room for one more connection. Whoever gets true must connect and then adopt() or give up the
    /// place with release(). False as well while one is on its way that all who wait can share.
    bool reserve() noexcept;
    /// The place reserved is used by a connection that now stands.
    connection adopt(std::unique_ptr<net::stream>);
    /// The place reserved stays empty.
    void release() noexcept;
    /// The same because the node cannot be reached: who has no other connection to wait for hears
    /// of it, unless it has more patience than what was `tried`.
    void release(const failure& why, duration tried = duration::max()) noexcept;
    /// Takes back what was leased: kept when it may serve another request, closed otherwise.
    void give_back(connection) noexcept;

    /// Passes room on to the next that waits: for whoever was woken and does not use it.
    void wake_next() noexcept;

    /// Other bounds from now on; what is idle beyond them is closed.
    void configure(const service::pool_settings&) noexcept;
    /// Closes what is idle, and from now on everything that comes back.
    void drain() noexcept;
    /// Closes idle connections to get descriptors back; says how many.
    std::size_t shed_idle() noexcept;

    std::size_t open() const noexcept { return open_; }
    bool unused() const noexcept { return open_ == 0 && waiting_.empty(); }
    /// One is being made, or asked whether it stands, for all who wait.
    bool is_shared_soon() const noexcept;
    service::node_stats& stats() noexcept { return *stats_; }
    runtime::worker& owner() noexcept { return worker_; }

private:
    friend class slot_wait;
    struct idle_connection {
        std::unique_ptr<http::h1::client_session> kept;
        time_point since;
    };
    struct reaper : runtime::timer {
        explicit reaper(node_pool& of) noexcept : timer(expire), pool(of) {}
        static void expire(runtime::timer&) noexcept;
        node_pool& pool;
    };
    void on_change(http::h2::client_session&) noexcept override;
    bool speaks_http2(const net::stream&) const noexcept;
    bool may_share() const noexcept;
    connection take_shared(time_point since);
    connection adopt_shared(std::unique_ptr<net::stream>);
    void give_back_shared(http::h2::client_session::stream_pointer) noexcept;
    void wake_all() noexcept;
    void wake_for_shared() noexcept;
    void reap() noexcept;
    void keep_reaping() noexcept;
    void close_one() noexcept;
    void close_some(std::size_t count) noexcept;
    void count_idle() noexcept;

    runtime::worker& worker_;
    transport where_;
    service::pool_settings settings_;
    std::shared_ptr<service::node_stats> stats_;
    net::tls_tickets tickets_;           // connections put theirs in, so it outlives them
    std::vector<idle_connection> idle_;  // oldest first
    shared_connections shared_;
    std::vector<slot_wait*> waiting_;  // first come first
    std::size_t open_ = 0;             // leased, idle, shared and being connected
    std::size_t dialled_ = 0;          // of these: being connected
    std::int64_t told_open_ = 0;       // what the statistics were told last
    std::int64_t told_idle_ = 0;
    bool draining_ = false;
    bool prefers_http1_ = false;  // the node, when it was last asked
    recent_words news_;
    reaper reaper_;
};

}  // namespace sluice::upstream
