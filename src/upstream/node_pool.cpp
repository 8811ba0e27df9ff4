// SPDX-License-Identifier: Apache-2.0
#include "upstream/node_pool.hpp"

#include "sluice/net/tls_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::upstream {

namespace {

// How often idle connections are looked at: a node that closed one should not hold a descriptor of
// ours for long.
constexpr std::chrono::seconds reap_interval{1};

}  // namespace

slot_wait::slot_wait(node_pool& pool, time_point deadline) noexcept
    : timer(expire), pool_(pool), deadline_(deadline) {}

slot_wait::~slot_wait() { std::erase(pool_.waiting_, this); }

void slot_wait::await_suspend(std::coroutine_handle<> waiter) noexcept {
    waiter_ = waiter;
    pool_.waiting_.push_back(this);
    pool_.worker_.timers().arm(*this, deadline_);
}

void slot_wait::expire(runtime::timer& expired) noexcept {
    static_cast<slot_wait&>(expired).finish(runtime::wake::expired);
}

void slot_wait::finish(runtime::wake why) noexcept {
    if (!waiter_)
        return;
    disarm();
    std::erase(pool_.waiting_, this);
    why_ = why;
    pool_.worker_.schedule(std::exchange(waiter_, nullptr));
}

node_pool::node_pool(runtime::worker& owner, transport where,
                     const service::pool_settings& settings,
                     std::shared_ptr<service::node_stats> stats)
    : worker_(owner), where_(std::move(where)), settings_(settings), stats_(std::move(stats)),
      reaper_(*this) {}

node_pool::~node_pool() { stats_->add_connections(worker_.index(), -told_open_, -told_idle_); }

node_pool::connection node_pool::take_idle() {
    while (!idle_.empty()) {
        auto newest = std::move(idle_.back().kept);
        idle_.pop_back();
        if (!newest->stale()) {
            count_idle();
            return newest;
        }
        close_one();
    }
    return nullptr;
}

bool node_pool::reserve() noexcept {
    if (open_ >= settings_.max)
        return false;
    ++open_;
    return true;
}

bool node_pool::secure(net::stream& connected) {
    auto session = where_.tls->connect(where_.name, tickets_);
    return session && connected.secure(std::move(session));
}

bool node_pool::is_news(std::string_view words) { return news_.add(words, worker_.now()); }

node_pool::connection node_pool::adopt(std::unique_ptr<net::stream> connected) {
    count_idle();
    return std::make_unique<http::h1::client_session>(std::move(connected));
}

void node_pool::release() noexcept { close_one(); }

void node_pool::give_back(connection used) noexcept {
    if (draining_ || idle_.size() >= settings_.idle || !used->reusable()) {
        used.reset();
        close_one();
        return;
    }
    used->rest();
    if (idle_.empty())
        worker_.timers().arm(reaper_, worker_.now() + reap_interval);
    idle_.push_back({std::move(used), worker_.now()});
    count_idle();
    wake_next();
}

void node_pool::close_one() noexcept {
    --open_;
    count_idle();
    wake_next();
}

void node_pool::wake_next() noexcept {
    if (!waiting_.empty())
        waiting_.front()->finish(runtime::wake::ready);
}

void node_pool::count_idle() noexcept {
    const auto open = static_cast<std::int64_t>(open_);
    const auto idle = static_cast<std::int64_t>(idle_.size());
    stats_->add_connections(worker_.index(), open - std::exchange(told_open_, open),
                            idle - std::exchange(told_idle_, idle));
}

void node_pool::reaper::expire(runtime::timer& expired) noexcept {
    static_cast<reaper&>(expired).pool.reap();
}

void node_pool::reap() noexcept {
    const auto oldest_kept = worker_.now() - settings_.idle_timeout;
    const auto closed = std::erase_if(
        idle_, [&](idle_connection& one) { return one.since < oldest_kept || one.kept->stale(); });
    for (auto left = closed; left != 0; --left)
        close_one();
    if (!idle_.empty())
        worker_.timers().arm(reaper_, worker_.now() + reap_interval);
}

void node_pool::configure(const service::pool_settings& settings) noexcept {
    if (settings_ == settings)
        return;
    settings_ = settings;
    while (idle_.size() > settings_.idle) {
        idle_.erase(idle_.begin());
        close_one();
    }
    for (auto left = waiting_.size(); left != 0; --left)
        wake_next();  // a larger bound has room for those who wait; the others queue up again
}

void node_pool::drain() noexcept {
    draining_ = true;
    shed_idle();
}

std::size_t node_pool::shed_idle() noexcept {
    const auto closed = idle_.size();
    idle_.clear();
    for (auto left = closed; left != 0; --left)
        close_one();
    return closed;
}

}  // namespace sluice::upstream
