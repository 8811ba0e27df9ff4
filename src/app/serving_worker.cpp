// SPDX-License-Identifier: Apache-2.0
#include "app/serving_worker.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

namespace sluice::app {

// This worker's part of one listener.
struct serving_worker::share {
    share(serving_worker& owner, const open_listener& of, int fd)
        : connections(of.connections), server(owner.loop_, of.settings, owner.gateway_,
                                              [&owner, this] { owner.connection_ended(*this); }),
          acceptor(
              owner.loop_, fd, of.bound.bound, owner.gate_, owner.descriptor_threshold_,
              [&owner, this](int client, const net::address& from) {
                  connections->add(owner.loop_.index(), 1);
                  server.adopt(client, from);
              },
              [&owner] { return owner.shed_idle(); }) {}

    std::shared_ptr<telemetry::gauge> connections;
    http::h1::server server;
    net::acceptor acceptor;
};

serving_worker::serving_worker(unsigned index, proxy::recorder_sinks sinks,
                               net::connection_gate& gate, std::size_t descriptor_threshold,
                               std::function<void()> drained)
    : loop_(index), gate_(gate), descriptor_threshold_(descriptor_threshold),
      gateway_(loop_, sinks), drained_(std::move(drained)) {}

serving_worker::~serving_worker() {
    if (!thread_.joinable())
        return;
    loop_.stop();
    thread_.join();
}

void serving_worker::listen(open_listener& of) {
    shares_.push_back(
        std::make_unique<share>(*this, of, of.bound.descriptors[loop_.index()].release()));
}

runtime::task<> serving_worker::accept_on(serving_worker& self, share& on) {
    co_await on.acceptor.run();
    self.tell_drained();
}

void serving_worker::adopt(std::shared_ptr<const proxy::table> next) {
    gateway_.adopt(std::move(next));
}

void serving_worker::start() {
    // Accepting begins on the worker's own thread: what it makes there stays there.
    thread_ = std::thread([this] {
        for (auto& one : shares_)
            runtime::spawn(accept_on(*this, *one));
        loop_.run();
    });
    pthread_setname_np(thread_.native_handle(), fmt::format("worker-{}", loop_.index()).c_str());
}

void serving_worker::drain() {
    loop_.post([this] {
        for (auto& one : shares_)
            one->server.drain();
        for (auto& one : shares_)
            one->acceptor.stop();
        gateway_.drain();
        // only now: a connection that ends while another listener's queue is still full is not the
        // last
        draining_ = true;
        tell_drained();
    });
}

void serving_worker::abort() {
    loop_.post([this] {
        for (auto& one : shares_)
            one->server.abort();
    });
}

void serving_worker::stop() { loop_.stop(); }

void serving_worker::connection_ended(share& of) {
    gate_.leave();
    of.connections->add(loop_.index(), -1);
    if (draining_)
        tell_drained();
}

void serving_worker::tell_drained() {
    const auto is_open = [](const auto& one) {
        return !one->acceptor.closed() || one->server.open() != 0;
    };
    if (!std::ranges::any_of(shares_, is_open) && !std::exchange(told_drained_, true))
        drained_();
}

std::size_t serving_worker::shed_idle() {
    auto closed = gateway_.shed_idle();
    if (closed != 0)
        return closed;
    for (auto& one : shares_)
        closed += one->server.shed_idle();
    return closed;
}

}  // namespace sluice::app
