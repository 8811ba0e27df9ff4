// SPDX-License-Identifier: Apache-2.0
// One serving worker: a thread with its loop, its gateway, and its share of every listener. The
// process posts to it.
#pragma once

#include "http/h1/server.hpp"
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
    std::shared_ptr<const http::h1::server_settings> settings;
    net::bound_listener bound;
    std::shared_ptr<telemetry::gauge> connections;
};

class serving_worker {
public:
    /// `drained` is called on this worker's thread when the last connection of a drain has ended.
    /// `retired` is called on it with each table it is done with.
    serving_worker(unsigned index, proxy::recorder_sinks, net::connection_gate&,
                   std::size_t descriptor_threshold, std::function<void()> drained,
                   proxy::worker_view::on_retired retired);
    ~serving_worker();  ///< stops and joins

    /// Takes its share of a listener, descriptor included, and accepts from its next turn on. Any
    /// thread.
    void listen(open_listener&);
    /// The listener has other settings, or another name: new connections have them. Any thread.
    void replace(const open_listener&);
    /// The listener goes: what has arrived is served, its connections end as in a drain. Any
    /// thread.
    void end(const open_listener&);
    /// The first table, before start().
    void adopt(std::shared_ptr<const proxy::table>);
    void start();

    /// From the next request on, this table holds. Any thread.
    void publish(std::shared_ptr<const proxy::table>);

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
