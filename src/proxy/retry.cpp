// SPDX-License-Identifier: Apache-2.0
#include "proxy/retry.hpp"

#include "sluice/runtime/worker.hpp"

namespace sluice::proxy {

namespace {

// What all connects of one request may take together. A handshake is part of opening a connection.
duration time_for_connects(const exchange& x) noexcept {
    const auto& deadlines = x.target->deadlines;
    const bool secured = x.service->tls().context != nullptr;
    return 3 *
           (deadlines.connect + (secured ? deadlines.upstream_tls : http::timeouts::duration{}));
}

}  // namespace

tries::tries(exchange& x, worker_service& service) noexcept
    : x_(x), service_(service), left_(x.service->settings.retries.attempts),
      connect_deadline_(x.worker.now() + time_for_connects(x)) {
    service_.budget.earn();
}

upstream::node_pool* tries::next_node() {
    reused_ = sent_ = false;
    // A fresh connection goes to the same node: it only closed an idle one, which servers do all
    // the time.
    if (!fresh_ && !stays_)
        node_ = service_.picker->pick(x_.tried(), x_.worker.now());
    if (node_ == service::picker::none)
        return nullptr;
    x_.node = &x_.service->nodes[node_];
    ++x_.attempts;
    return service_.pools[node_].get();
}

upstream::connection tries::lease_from(upstream::node_pool& pool) {
    auto leased = fresh_ ? pool.take_made_since(let_down_) : pool.take();
    if (leased)
        leased_from_pool();
    return leased;
}

failure tries::nothing_left() const noexcept {
    return last_ ? *last_
                 : failure{errc::no_healthy_node, blame::gateway, retry_hint::never, "balancing"};
}

bool tries::may_send_again() const noexcept {
    return (!sent_ || http::idempotent(x_.request->verb)) && x_.replay.complete();
}

bool tries::take_one() noexcept {
    if (left_ == 0 || !x_.can_try_more())
        return false;
    --left_;
    return true;
}

// The same node is asked again at no cost, once.
bool tries::same_node_once(bool& how) noexcept {
    const bool first = !fresh_ && !stays_;
    fresh_ = stays_ = false;
    how = first;
    let_down_ = x_.worker.now();
    return first;
}

bool tries::again(const failure& why) {
    last_ = why;
    if (x_.response_begun || x_.stopped())
        return false;
    if (why.retry == retry_hint::always) {
        // Nothing was sent, so this costs no budget; the time all connects share bounds it.
        fresh_ = stays_ = false;
        service_.picker->missed(node_, x_.worker.now());
        x_.remember_tried(node_);
        return take_one() && x_.worker.now() < connect_deadline_;
    }
    const bool unprocessed = why.retry == retry_hint::unprocessed;
    if (why.retry == retry_hint::never || !(unprocessed ? x_.replay.complete() : may_send_again()))
        return false;
    // The time for connects bounds connects: how long a node held the request before it broke is
    // not part of it.
    connect_deadline_ = x_.worker.now() + time_for_connects(x_);
    if (unprocessed ? same_node_once(stays_) : reused_ && same_node_once(fresh_))
        return true;
    fresh_ = stays_ = false;
    x_.remember_tried(node_);
    return take_one() && service_.budget.spend();
}

}  // namespace sluice::proxy
