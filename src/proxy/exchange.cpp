// SPDX-License-Identifier: Apache-2.0
#include "proxy/exchange.hpp"

#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::proxy {

namespace {

// A client that shut its sending side may be gone or may only have nothing more to say: TCP does
// not tell. It is given this long without a byte moving towards it before its node is told to stop
// (docs/decisions.md).
constexpr std::chrono::seconds half_close_grace{1};

// How often it is asked whether bytes the kernel still holds have arrived: nothing tells when they
// do.
constexpr std::chrono::milliseconds delivery_look{250};

// What is left of a tunnel whose one side has ended. Time for last words and for the other side's
// own end (a WebSocket's close, RFC 6455 section 7.1.1); a side that does not see or heed the end
// must not hold two connections for stream_idle.
constexpr std::chrono::seconds half_tunnel{10};

}  // namespace

exchange::exchange(runtime::worker& owner)
    : worker(owner), pump_ended(owner), gone_timer_(*this, gone_fired),
      total_timer_(*this, total_fired), half_timer_(*this, half_fired) {}

void exchange::begin(http::request_head& head, http::client_stream& from, const pinned_view& now) {
    pin = now;
    request = &head;
    client = &from;
    started = worker.now();  // when its bytes were seen: waiting behind others of this turn counts
    client->on_gone(this);
    if (client->where() != http::presence::here)
        on_client_gone();
}

void exchange::end() noexcept {
    gone_timer_.disarm();
    total_timer_.disarm();
    half_timer_.disarm();
    client->on_gone(nullptr);
    replay.release();
    request = nullptr;
    client = nullptr;
    sent_by = {};
    route = nullptr;
    target = nullptr;
    service = nullptr;
    node = nullptr;
    upstream = nullptr;
    outgoing = {};
    response.clear();
    pump_ended.clear();
    stopped_.reset();
    error.reset();
    upstream_wait = connect_took = {};
    attempts = status = 0;
    tried_count_ = 0;
    pin.reset();
    own_side_.reset();
    own_service_.reset();
    own_route_.reset();
    call_ends_ = runtime::timer::never;
    response_begun = streams = grpc = tunnel = pump_running = tunnel_over_ = false;
}

void exchange::stop(errc why, blame who) noexcept {
    if (!stopped_)
        stopped_ = failure{why, who};
    if (upstream != nullptr)
        upstream->interrupt();
    if (dialling != nullptr) {
        dialling->interrupt(runtime::direction::out);
        dialling->interrupt(runtime::direction::in);  // a TLS handshake waits for either
    }
    if (queued != nullptr)
        queued->interrupt();
    if (response_begun)
        // the answer is broken already: nothing waits for this client to read it
        client->interrupt_output();
}

void exchange::outlast_table() {
    own_route_ = (*pin->facts().routes)[route_place];
    own_service_ = pin->facts().services[target->service];
    own_side_ = pin->share(target->service);
    pin.reset();
}

void exchange::arm_total(std::chrono::milliseconds total) noexcept {
    worker.timers().arm(total_timer_, std::min(worker.now() + total, call_ends_));
}

void exchange::arm_call(std::chrono::milliseconds total) noexcept {
    call_ends_ = worker.now() + total;
    worker.timers().arm(total_timer_, std::min(call_ends_, total_timer_.expires()));
}

void exchange::half_ended() noexcept {
    worker.timers().arm(half_timer_, worker.now() + half_tunnel);
}

void exchange::half_fired(runtime::timer& fired) noexcept {
    auto& self = static_cast<clock_timer&>(fired).owner;
    self.tunnel_over_ = !self.stopped();
    self.stop(errc::client_gone, blame::client);
    self.client->interrupt_input();  // the pump may be all that is left
}

void exchange::on_client_gone() noexcept {
    if (client->where() == http::presence::gone)
        return stop(client->fault(), blame::client);
    if (tunnel)
        return;  // half of a tunnel may end long before the other
    quiet_since_ = worker.now();
    worker.timers().arm(gone_timer_, quiet_since_ + half_close_grace);
}

bool exchange::delivered() const noexcept {
    return client->delivered() && (upstream == nullptr || upstream->delivered());
}

void exchange::gone_fired(runtime::timer& fired) noexcept {
    auto& self = static_cast<clock_timer&>(fired).owner;
    auto& timers = self.worker.timers();
    const auto now = self.worker.now();
    if (self.tunnel)
        return;
    // A side that does not take what is on its way has deadlines of its own: client_write_idle,
    // upstream_idle, upstream_head.
    if (!self.delivered()) {
        self.quiet_since_ = now;
        timers.arm(fired, now + delivery_look);
        return;
    }
    const auto over = std::max(self.quiet_since_, self.last_activity) + half_close_grace;
    if (now < over)
        timers.arm(fired, over);
    else
        self.stop(errc::client_gone, blame::client);
}

void exchange::total_fired(runtime::timer& fired) noexcept {
    auto& self = static_cast<clock_timer&>(fired).owner;
    if (self.streams && self.worker.now() < self.call_ends_)
        return self.worker.timers().arm(fired, self.call_ends_);
    // Who still waits for room in the pool has asked nothing of the node.
    self.stop(errc::upstream_timeout, self.queued != nullptr ? blame::gateway : blame::upstream);
}

void exchange::upstream_wait_begins() noexcept { wait_began_ = worker.now(); }

void exchange::upstream_wait_ends() noexcept { upstream_wait += worker.now() - wait_began_; }

}  // namespace sluice::proxy
