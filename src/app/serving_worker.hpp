// SPDX-License-Identifier: Apache-2.0
// One serving worker: a thread with its loop, its gateway, and its share of every listener. The
// process posts to it.
#pragma once

#include "http/server.hpp"
#include "net/acceptor.hpp"
#include "proxy/gateway.hpp"
#include "sluice/runtime/worker.hpp"
#include "sluice/telemetry/metric.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace sluice::app {

/// A listener as all workers share it: bound, with its settings and its gauge of open connections.
struct open_listener {
    unsigned id;  ///< what the workers know it by: name and settings may change
    std::shared_ptr<const http::server_settings> settings;
    net::bound_listener bound;
    std::shared_ptr<telemetry::gauge> connections;
};

/// A listener as one worker is told of it.
struct listener_share {
    unsigned id;
    std::shared_ptr<const http::server_settings> settings;
    std::shared_ptr<telemetry::gauge> connections;
    net::owned_fd socket;  ///< of a new one
    net::address bound;
};

/// What becomes of listeners at one worker.
struct listener_changes {
    std::vector<listener_share> opened;
    std::vector<listener_share> changed;  ///< other settings, or another name
    std::vector<unsigned> ended;          ///< their ids
};

class serving_worker {
public:
    /// `drained` is called on this worker's thread when the last connection of a drain has ended.
    /// `retired` is called on it with each table it is done with.
    serving_worker(unsigned index, proxy::recorder_sinks, net::connection_gate&,
                   std::size_t descriptor_threshold, std::function<void()> drained,
                   proxy::worker_view::on_retired retired);
    ~serving_worker();  ///< stops and joins

    void start();

    /// From the next request on, this table holds, and listeners are what they are with it: one
    /// letter, so that no request meets one without the other. New listeners accept, changed ones
    /// serve by their new settings, of those that go what has arrived is served and connections end
    /// as in a drain. Any thread.
    void publish(std::shared_ptr<const proxy::table>, listener_changes = {});

    /// Serves what has arrived, then closes the listeners; idle connections end. Any thread.
    void drain();
    /// Breaks whatever is still open. Any thread.
    void abort();
    /// Ends the loop once every connection has ended; call abort() before. Any thread.
    void stop();
    /// Calls `told` in the next turn of the loop, on this worker's thread. Any thread.
    void answer(std::function<void()> told);

private:
    struct share;
    static runtime::task<> accept_on(serving_worker&, share&);
    share* share_of(unsigned id) noexcept;
    void listen(listener_share&);
    void change(listener_share&);
    void end(unsigned id);
    void connection_ended(share&);
    void leave_if_done(share&);
    void tell_drained();
    std::size_t shed_idle();

    runtime::worker loop_;
    net::connection_gate& gate_;
    std::size_t descriptor_threshold_;
    proxy::gateway gateway_;
    std::vector<std::unique_ptr<share>> shares_;
    std::function<void()> drained_;
    bool draining_ = false;
    bool told_drained_ = false;
    std::thread thread_;
};

}  // namespace sluice::app
