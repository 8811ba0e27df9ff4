// SPDX-License-Identifier: Apache-2.0
#include "app/serving_worker.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

namespace sluice::app {

// This worker's part of one listener.
struct serving_worker::share {
    share(serving_worker& owner, unsigned listener, std::shared_ptr<telemetry::gauge> gauge,
          std::shared_ptr<const http::server_settings> settings, int fd, const net::address& bound)
        : id(listener), is_passed(settings->listener.address.is_passed()),
          connections(std::move(gauge)), server(owner.loop_, std::move(settings), owner.gateway_,
                                                [&owner, this] { owner.connection_ended(*this); }),
          acceptor(
              owner.loop_, fd, bound, owner.gate_, owner.descriptor_threshold_,
              [&owner, this](int client, const net::address& from) {
                  connections->add(owner.loop_.index(), 1);
                  server.adopt(client, from);
              },
              [&owner] { return owner.shed_idle(); }) {}

    // Who waits at a passed socket is served by the process that has it next.
    net::waiting_clients waiting_at_drain() const noexcept {
        return is_passed ? net::waiting_clients::left : net::waiting_clients::taken;
    }
    bool is_over() const noexcept { return acceptor.closed() && server.open() == 0; }

    unsigned id;
    bool is_passed;
    bool leaving = false;
    std::shared_ptr<telemetry::gauge> connections;
    http::server server;
    net::acceptor acceptor;
};

serving_worker::serving_worker(unsigned index, proxy::recorder_sinks sinks,
                               net::connection_gate& gate, std::size_t descriptor_threshold,
                               std::function<void()> drained,
                               proxy::worker_view::on_retired retired)
    : loop_(index), gate_(gate), descriptor_threshold_(descriptor_threshold),
      gateway_(loop_, sinks, std::move(retired)), drained_(std::move(drained)) {}

serving_worker::~serving_worker() {
    if (!thread_.joinable())
        return;
    loop_.stop();
    thread_.join();
}

void serving_worker::publish(std::shared_ptr<const proxy::table> table, listener_changes changes) {
    // shared: a letter that is never read gives the descriptors back
    auto all = std::make_shared<listener_changes>(std::move(changes));
    loop_.post([this, table = std::move(table), all = std::move(all)]() mutable {
        gateway_.adopt(std::move(table));
        for (auto& one : all->opened)
            listen(one);
        for (auto& one : all->changed)
            change(one);
        for (const auto id : all->ended)
            end(id);
    });
}

void serving_worker::listen(listener_share& of) {
    if (draining_)
        return;
    auto& mine = *shares_.emplace_back(
        std::make_unique<share>(*this, of.id, std::move(of.connections), std::move(of.settings),
                                of.socket.release(), of.bound));
    runtime::spawn(accept_on(*this, mine));
}

serving_worker::share* serving_worker::share_of(unsigned id) noexcept {
    const auto found = std::ranges::find(shares_, id, [](const auto& one) { return one->id; });
    return found == shares_.end() ? nullptr : found->get();
}

void serving_worker::change(listener_share& of) {
    auto* mine = share_of(of.id);
    if (mine == nullptr)
        return;
    mine->server.replace(std::move(of.settings));
    // Under another name its connections are counted there.
    const auto open = static_cast<std::int64_t>(mine->server.open());
    mine->connections->add(loop_.index(), -open);
    of.connections->add(loop_.index(), open);
    mine->connections = std::move(of.connections);
}

void serving_worker::end(unsigned id) {
    auto* mine = share_of(id);
    if (mine == nullptr)
        return;
    mine->leaving = true;
    mine->server.drain();
    mine->acceptor.stop();
    leave_if_done(*mine);
}

runtime::task<> serving_worker::accept_on(serving_worker& self, share& on) {
    co_await on.acceptor.run();
    self.leave_if_done(on);
    self.tell_drained();
}

// Erased in a later turn: who calls is still inside of it.
void serving_worker::leave_if_done(share& of) {
    if (!of.leaving || !of.is_over())
        return;
    of.leaving = false;  // once
    loop_.post([this, id = of.id] {
        std::erase_if(shares_, [&](const auto& one) { return one->id == id; });
    });
}

void serving_worker::start() {
    // Shares of listeners wait as letters: what they make is made on the worker's own thread.
    thread_ = std::thread([this] { loop_.run(); });
    pthread_setname_np(thread_.native_handle(), fmt::format("worker-{}", loop_.index()).c_str());
}

void serving_worker::drain() {
    loop_.post([this] {
        for (auto& one : shares_)
            one->server.drain();
        for (auto& one : shares_)
            one->acceptor.stop(one->waiting_at_drain());
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

void serving_worker::answer(std::function<void()> told) { loop_.post(std::move(told)); }

void serving_worker::connection_ended(share& of) {
    gate_.leave();
    of.connections->add(loop_.index(), -1);
    leave_if_done(of);
    tell_drained();
}

void serving_worker::tell_drained() {
    const auto is_open = [](const auto& one) { return !one->is_over(); };
    if (draining_ && !std::ranges::any_of(shares_, is_open) && !std::exchange(told_drained_, true))
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
