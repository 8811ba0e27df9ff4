// SPDX-License-Identifier: Apache-2.0
#include "proxy/exchange.hpp"

#include "sluice/runtime/worker.hpp"

namespace sluice::proxy {

namespace {

// A client that shut its sending side may be gone or may only have nothing more to say: TCP does
// not tell. It is given this long without a byte moving towards it before its node is told to stop
// (docs/decisions.md).
constexpr std::chrono::seconds half_close_grace{1};

}  // namespace

exchange::exchange(runtime::worker& owner)
    : worker(owner), pump_ended(owner), gone_timer_(*this, gone_fired),
      total_timer_(*this, total_fired) {}

void exchange::begin(http::request_head& head, http::client_stream& from, const pinned_table& now) {
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
    client->on_gone(nullptr);
    replay.release();
    pin.reset();
    request = nullptr;
    client = nullptr;
    route = nullptr;
    target = nullptr;
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
    response_begun = streams = tunnel = pump_running = false;
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

void exchange::arm_total(std::chrono::milliseconds total) noexcept {
    worker.timers().arm(total_timer_, worker.now() + total);
}

void exchange::on_client_gone() noexcept {
    if (client->where() == http::presence::gone)
        return stop(client->fault(), blame::client);
    if (tunnel)
        return;  // half of a tunnel may end long before the other
    bytes_at_gone_ = client->bytes_out();
    progress_at_gone_ = request_progress;
    worker.timers().arm(gone_timer_, worker.now() + half_close_grace);
}

void exchange::gone_fired(runtime::timer& fired) noexcept {
    auto& self = static_cast<clock_timer&>(fired).owner;
    // Still reading, or its upload still on its way to the node: look again later.
    if (self.client->bytes_out() != self.bytes_at_gone_ ||
        self.request_progress != self.progress_at_gone_)
        self.on_client_gone();
    else
        self.stop(errc::client_gone, blame::client);
}

void exchange::total_fired(runtime::timer& fired) noexcept {
    auto& self = static_cast<clock_timer&>(fired).owner;
    if (!self.streams)
        self.stop(errc::upstream_timeout, blame::upstream);
}

void exchange::upstream_wait_begins() noexcept { wait_began_ = worker.now(); }

void exchange::upstream_wait_ends() noexcept { upstream_wait += worker.now() - wait_began_; }

}  // namespace sluice::proxy
