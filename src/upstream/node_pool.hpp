// SPDX-License-Identifier: Apache-2.0
// The connections of one worker to one node: idle ones kept newest-first, a bound on all of them,
// and a queue of requests that wait for room. Used by proxy/attempt.
#pragma once

#include "http/h1/client_session.hpp"
#include "sluice/net/tls_tickets.hpp"
#include "sluice/runtime/timer_wheel.hpp"
#include "sluice/service/node_stats.hpp"
#include "sluice/service/service.hpp"
#include "upstream/recent_words.hpp"
#include "upstream/transport.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::upstream {

class node_pool;

/// A request's place in the queue of a full pool. Lives in the exchange; leaves the queue at its
/// end.
class slot_wait : public runtime::timer {
public:
    slot_wait(node_pool&, time_point deadline) noexcept;
    ~slot_wait();

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept;
    runtime::wake await_resume() const noexcept { return why_; }

    /// Ends the wait with wake::interrupted.
    void interrupt() noexcept { finish(runtime::wake::interrupted); }

private:
    friend class node_pool;
    static void expire(runtime::timer&) noexcept;
    void finish(runtime::wake) noexcept;

    node_pool& pool_;
    time_point deadline_;
    std::coroutine_handle<> waiter_;
    runtime::wake why_ = runtime::wake::ready;
};

class node_pool {
public:
    using connection = std::unique_ptr<http::h1::client_session>;

    node_pool(runtime::worker&, transport, const service::pool_settings&,
              std::shared_ptr<service::node_stats>);
    ~node_pool();  ///< nothing may be leased or waiting
    node_pool(const node_pool&) = delete;
    node_pool& operator=(const node_pool&) = delete;

    const transport& where() const noexcept { return where_; }
    /// Puts TLS over a connection that has just been made, for whoever reserved its place; the
    /// handshake follows. False when out of memory or when the node's name cannot be checked.
    bool secure(net::stream&);
    /// Whether these words about a failed handshake are worth a line in the log (recent_words).
    bool is_news(std::string_view words);

    /// The newest idle connection that still stands; null when there is none.
    connection take_idle();
    /// Room for one more connection. Whoever gets true must connect and then adopt() or give up the
    /// place with release().
    bool reserve() noexcept;
    /// The place reserved is used by a connection that now stands.
    connection adopt(std::unique_ptr<net::stream>);
    /// The place reserved stays empty: the connect failed.
    void release() noexcept;
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
    service::node_stats& stats() noexcept { return *stats_; }
    runtime::worker& owner() noexcept { return worker_; }

private:
    friend class slot_wait;
    struct idle_connection {
        connection kept;
        time_point since;
    };
    struct reaper : runtime::timer {
        explicit reaper(node_pool& of) noexcept : timer(expire), pool(of) {}
        static void expire(runtime::timer&) noexcept;
        node_pool& pool;
    };
    void reap() noexcept;
    void close_one() noexcept;
    void count_idle() noexcept;

    runtime::worker& worker_;
    transport where_;
    service::pool_settings settings_;
    std::shared_ptr<service::node_stats> stats_;
    net::tls_tickets tickets_;           // connections put theirs in, so it outlives them
    std::vector<idle_connection> idle_;  // oldest first
    std::vector<slot_wait*> waiting_;    // first come first
    std::size_t open_ = 0;               // leased, idle and being connected
    std::int64_t told_open_ = 0;         // what the statistics were told last
    std::int64_t told_idle_ = 0;
    bool draining_ = false;
    recent_words news_;
    reaper reaper_;
};

}  // namespace sluice::upstream
