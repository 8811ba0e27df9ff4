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

// False when sending is over: the node does not take more, or the pump was told to end.
runtime::task<bool> flush_to_node(exchange& x, http::upstream_stream& node) {
    for (;;) {
        const auto sent = node.flush();
        if (sent == io_state::done)
            break;
        if (sent == io_state::broken)
            co_return false;  // await_head() reads what the node had to say
        const auto why = co_await node.output(x.worker.now() + send_idle(x));
        if (why == wake::interrupted)
            co_return false;
        if (why == wake::expired && !moved_lately(x)) {
            x.stop(errc::upstream_timeout, blame::upstream);
            co_return false;
        }
    }
    x.request_progress = x.last_activity = x.worker.now();
    co_return true;
}

// The next piece of the body; false when there will be none.
runtime::task<bool> next_piece(exchange& x, http::chunk& piece) {
    for (;;) {
        const auto got = x.client->take_body(piece);
        if (got == io_state::done)
            co_return true;
        if (got == io_state::broken) {
            x.stop(x.client->fault(), blame::client);
            co_return false;
        }
        const auto why = co_await x.client->input();
        if (why == wake::interrupted)
            co_return false;
        if (why == wake::expired && !moved_lately(x)) {
            x.stop(errc::request_timeout, blame::client);
            co_return false;
        }
    }
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
    http::chunk piece;
    bool ended = x.client->body_taken() && !x.tunnel;
    bool going = co_await flush_to_node(x, node);
    std::size_t moved = 0;
    while (going && !ended) {
        if (moved >= exchange::turn_share) {
            moved = 0;
            co_await x.worker.next_turn();
            if (x.pump_must_end)
                break;
        }
        going = co_await next_piece(x, piece);
        if (!going)
            break;
        ended = piece.last;
        moved += piece.bytes.size();
        if (!x.tunnel)
            x.replay.keep(piece);
        node.put_body(piece);
        going = co_await flush_to_node(x, node);
    }
    if (ended && going && x.tunnel) {
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
