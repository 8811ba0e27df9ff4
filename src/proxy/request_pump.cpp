// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_pump.hpp"

#include "sluice/runtime/worker.hpp"

#include <chrono>

namespace sluice::proxy {

using http::io_state;
using runtime::wake;

namespace {

bool is_both_ways(const exchange& x) noexcept { return x.tunnel || x.grpc; }

std::chrono::milliseconds send_idle(const exchange& x) noexcept {
    return is_both_ways(x) ? x.target->deadlines.stream_idle : x.target->deadlines.upstream_idle;
}

// A tunnel, or what may be one of gRPC's streams, is idle only when neither direction moves.
bool moved_lately(const exchange& x) noexcept {
    return is_both_ways(x) && x.last_activity + x.target->deadlines.stream_idle > x.worker.now();
}

// After a wait for room at the node: false when sending is over, because the node does not take
// more or the pump was told to end.
bool may_send_on(exchange& x, wake why) {
    if (why == wake::interrupted)
        return false;
    if (why == wake::ready || moved_lately(x))
        return true;
    x.stop(errc::upstream_timeout, blame::upstream);
    return false;
}

// After a wait for more of the body: false when there will be none.
bool may_read_on(exchange& x, wake why) {
    if (why == wake::interrupted)
        return false;
    if (why == wake::ready || moved_lately(x))
        return true;
    x.stop(errc::request_timeout, blame::client);
    return false;
}

// Tells who joins the pump that it has ended, however it ended.
class ending {
public:
    explicit ending(exchange& x) noexcept : x_(x) {}
    ~ending() { x_.pump_ended.set(); }
    ending(const ending&) = delete;
    ending& operator=(const ending&) = delete;

private:
    exchange& x_;
};

runtime::task<> pump(exchange& x, http::upstream_stream& node) {
    const ending told(x);
    bool ended = x.client->body_taken() && !x.tunnel;
    std::size_t moved = 0;
    for (http::chunk piece;;) {
        auto sent = node.flush();
        while (sent == io_state::blocked) {
            const auto why = co_await node.output(x.worker.now() + send_idle(x));
            if (!may_send_on(x, why))
                co_return;
            sent = node.flush();
        }
        if (sent == io_state::broken)
            co_return;  // await_head() reads what the node had to say
        x.replay.left();
        x.request_progress = x.last_activity = x.worker.now();
        if (ended)
            break;
        if (moved >= exchange::turn_share) {
            moved = 0;
            co_await x.worker.next_turn();
            if (x.pump_must_end)
                co_return;
        }
        auto got = x.client->take_body(piece);
        while (got == io_state::blocked) {
            const auto why = co_await x.client->input();
            if (!may_read_on(x, why))
                co_return;
            got = x.client->take_body(piece);
        }
        if (got == io_state::broken) {
            x.stop(x.client->fault(), blame::client);
            co_return;
        }
        ended = piece.last;
        moved += piece.bytes.size();
        if (!x.tunnel)
            x.replay.keep(piece);
        node.put_body(piece);
    }
    if (x.tunnel) {
        node.end_tunnel_output();
        x.half_ended();
    }
}

}  // namespace

void start_pump(exchange& x, http::upstream_stream& node) {
    x.pump_running = true;
    x.pump_must_end = false;
    x.pump_ended.clear();
    runtime::spawn(pump(x, node));
}

void stop_pump(exchange& x, http::upstream_stream& node) noexcept {
    x.pump_must_end = true;
    x.client->interrupt_input();
    node.interrupt();
}

void pump_stopped(exchange& x) noexcept {
    x.pump_running = false;
    x.client->resume_input();
}

}  // namespace sluice::proxy
