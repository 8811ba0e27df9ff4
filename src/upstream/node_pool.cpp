// SPDX-License-Identifier: Apache-2.0
#include "upstream/node_pool.hpp"

#include "sluice/net/dialer.hpp"
#include "sluice/net/tls_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::upstream {

using service::node_protocol;

namespace {

// How often idle connections are looked at: a node that closed one should not hold a descriptor of
// ours for long.
constexpr std::chrono::seconds reap_interval{1};

// As ALPN names it.
constexpr std::string_view http2_name = "h2";

constexpr net::alpn_offer offer_of(node_protocol speaks) noexcept {
    switch (speaks) {
    case node_protocol::http1:
        break;
    case node_protocol::http2:
        return net::alpn_offer::http2;
    case node_protocol::automatic:
        return net::alpn_offer::both;
    }
    return net::alpn_offer::http1;
}

}  // namespace

node_pool::node_pool(runtime::worker& owner, transport where,
                     const service::pool_settings& settings,
                     std::shared_ptr<service::node_stats> stats)
    : worker_(owner), where_(std::move(where)), settings_(settings), stats_(std::move(stats)),
      reaper_(*this) {}

node_pool::~node_pool() {
    shared_.leave_all();
    stats_->add_connections(worker_.index(), -told_open_, -told_idle_);
}

connection node_pool::take() {
    while (!idle_.empty()) {
        auto newest = std::move(idle_.back().kept);
        idle_.pop_back();
        if (!newest->stale()) {
            count_idle();
            return connection(std::move(newest));
        }
        close_one();
    }
    return shared_.empty() ? connection() : take_shared({});
}

connection node_pool::take_made_since(time_point since) {
    return shared_.empty() ? connection() : take_shared(since);
}

connection node_pool::take_shared(time_point since) {
    auto stream = shared_.open(since, worker_.now());
    count_idle();
    return connection(std::move(stream));
}

// A node that was never asked may speak HTTP/2: the first connection will tell.
bool node_pool::may_share() const noexcept {
    return where_.speaks == node_protocol::http2 ||
           (where_.speaks == node_protocol::automatic && !prefers_http1_);
}

bool node_pool::is_shared_soon() const noexcept {
    return may_share() && (dialled_ != 0 || shared_.greeting() != 0 || shared_.probing());
}

// Each connection on its way takes as many as one is likely to carry.
bool node_pool::reserve() noexcept {
    if (open_ >= settings_.max)
        return false;
    const auto made_soon = dialled_ + shared_.greeting();
    if (may_share() && (waiting_.size() < made_soon * shared_.share() || shared_.probing()))
        return false;
    ++open_;
    ++dialled_;
    return true;
}

bool node_pool::secure(net::stream& connected) {
    auto session = where_.tls->connect(where_.name, tickets_, offer_of(where_.speaks));
    return session && connected.secure(std::move(session));
}

bool node_pool::speaks_http2(const net::stream& connected) const noexcept {
    if (where_.speaks == node_protocol::http1)
        return false;
    return connected.tls() == nullptr ? where_.speaks == node_protocol::http2
                                      : connected.tls()->facts().alpn == http2_name;
}

// RFC 9113 section 3.2: over TLS both must have said h2.
std::string_view node_pool::objection_to(const net::stream& connected) const noexcept {
    const bool good = where_.speaks != node_protocol::http2 || speaks_http2(connected);
    return good ? std::string_view{} : "the node does not speak HTTP/2: no h2 agreed by ALPN";
}

bool node_pool::is_news(std::string_view words) { return news_.add(words, worker_.now()); }

connection node_pool::adopt(std::unique_ptr<net::stream> connected) {
    --dialled_;
    if (speaks_http2(*connected))
        return adopt_shared(std::move(connected));
    if (where_.speaks == node_protocol::automatic && !std::exchange(prefers_http1_, true))
        wake_all();  // each needs a connection of its own after all
    count_idle();
    return connection(std::make_unique<http::h1::client_session>(std::move(connected)));
}

connection node_pool::adopt_shared(std::unique_ptr<net::stream> connected) {
    prefers_http1_ = false;
    net::give_up_after(*connected, http::h2::client_session::write_idle);
    auto made = http::h2::client_session::start(std::move(connected), *this);
    shared_.add(made);
    auto stream = http::h2::client_session::open(made);
    keep_reaping();
    count_idle();
    wake_for_shared();
    return connection(std::move(stream));
}

void node_pool::release() noexcept {
    --dialled_;
    close_one();
}

void node_pool::release(const failure& why, duration tried) noexcept {
    if (may_share() && dialled_ == 1 && shared_.empty())
        for (auto* const one : std::vector(waiting_))
            if (one->patience_ <= tried)
                one->finish(why);
    release();
}

void node_pool::give_back(connection used) noexcept {
    if (used.is_shared())
        return give_back_shared(std::move(used.part_));
    auto whole = std::move(used.whole_);
    if (draining_ || idle_.size() >= settings_.idle || !whole->reusable()) {
        whole.reset();
        close_one();
        return;
    }
    whole->rest();
    idle_.push_back({std::move(whole), worker_.now()});
    keep_reaping();
    count_idle();
    wake_next();
}

void node_pool::give_back_shared(http::h2::client_session::stream_pointer used) noexcept {
    shared_.close(std::move(used), worker_.now());
    close_some(draining_ ? shared_.drop(shared_connections::which::idle)
                         : shared_.drop(shared_connections::which::finished) +
                               shared_.keep_idle(settings_.idle));
    count_idle();
    wake_next();
}

// Called by a connection that is still reading: what is dropped here ends when that is over.
void node_pool::on_change(http::h2::client_session& changed) noexcept {
    close_some(shared_.drop(shared_connections::which::finished));
    wake_for_shared();
    if (changed.retired())
        wake_next();  // who waited for it may make another one
}

void node_pool::close_one() noexcept {
    --open_;
    count_idle();
    wake_next();
}

void node_pool::close_some(std::size_t count) noexcept {
    for (; count != 0; --count)
        close_one();
}

void node_pool::wake_next() noexcept {
    if (!waiting_.empty())
        waiting_.front()->finish(runtime::wake::ready);
}

// Who is woken finds itself in the queue no more: it is emptied first.
void node_pool::wake_all() noexcept {
    for (auto* const one : std::exchange(waiting_, {}))
        one->finish(runtime::wake::ready);
}

// All, not as many as there is room for: who finds none queues up again, or makes another
// connection for those behind it.
void node_pool::wake_for_shared() noexcept {
    if (shared_.has_room())
        wake_all();
}

void node_pool::count_idle() noexcept {
    const auto open = static_cast<std::int64_t>(open_);
    const auto idle = static_cast<std::int64_t>(idle_.size() + shared_.idle());
    stats_->add_connections(worker_.index(), open - std::exchange(told_open_, open),
                            idle - std::exchange(told_idle_, idle));
}

void node_pool::reaper::expire(runtime::timer& expired) noexcept {
    static_cast<reaper&>(expired).pool.reap();
}

void node_pool::keep_reaping() noexcept {
    if (reaper_.expires() == runtime::timer::never && !(idle_.empty() && shared_.empty()))
        worker_.timers().arm(reaper_, worker_.now() + reap_interval);
}

void node_pool::reap() noexcept {
    const auto oldest_kept = worker_.now() - settings_.idle_timeout;
    close_some(std::erase_if(
        idle_, [&](idle_connection& one) { return one.since < oldest_kept || one.kept->stale(); }));
    if (!shared_.empty()) {
        close_some(shared_.look_after(worker_.now(), settings_.idle_timeout));
        count_idle();
    }
    keep_reaping();
}

void node_pool::configure(const service::pool_settings& settings) noexcept {
    if (settings_ == settings)
        return;
    settings_ = settings;
    while (idle_.size() > settings_.idle) {
        idle_.erase(idle_.begin());
        close_one();
    }
    close_some(shared_.keep_idle(settings_.idle));
    wake_all();  // a larger bound has room for those who wait; the others queue up again
}

void node_pool::drain() noexcept {
    draining_ = true;
    shed_idle();
}

std::size_t node_pool::shed_idle() noexcept {
    const auto closed = idle_.size() + shared_.drop(shared_connections::which::idle);
    idle_.clear();
    close_some(closed);
    return closed;
}

}  // namespace sluice::upstream
