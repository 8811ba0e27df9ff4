// SPDX-License-Identifier: Apache-2.0
#include "proxy/relay.hpp"

#include "proxy/request_pump.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::proxy {

using http::io_state;
using runtime::wake;

namespace {

bool is_event_stream(const http::response_head& head) noexcept {
    const auto* type = head.fields.find(http::field_id::content_type);
    constexpr std::string_view events = "text/event-stream";
    return type != nullptr && iequals(type->value.substr(0, events.size()), events);
}

void begin_response(exchange& x, http::upstream_stream& node) {
    x.response_begun = true;
    x.status = x.response.status;
    x.last_activity = x.worker.now();
    x.tunnel = x.status == 101;
    x.streams = x.tunnel || x.grpc || is_event_stream(x.response);
    if (x.streams && !x.grpc)
        x.outlast_table();
    x.client->put_head(x.response, {});
    if (!x.tunnel)
        return;
    x.client->flush();  // before raw bytes may follow; what is left stays queued
    x.client->open_tunnel(x.target->deadlines.stream_idle);
    node.open_tunnel();
    start_pump(x, node);
}

runtime::task<std::optional<failure>> flush_to_client(exchange& x, http::upstream_stream& node) {
    for (;;) {
        const auto sent = x.client->flush();
        if (sent == io_state::done)
            co_return std::nullopt;
        if (sent == io_state::broken)
            co_return failure{x.client->fault(), blame::client};
        node.let_go();  // the client keeps what it did not take
        const auto why = co_await x.client->output();
        if (x.stopped())
            co_return x.stop_reason();
        if (why == wake::expired)
            co_return failure{errc::client_too_slow, blame::client};
    }
}

duration idle_time(const exchange& x) noexcept {
    const auto& deadlines = x.target->deadlines;
    return x.streams ? deadlines.stream_idle : deadlines.upstream_idle;
}

// Most calls are over at once, and letting the table go touches counts that all workers share: only
// one that lasts does it.
constexpr std::chrono::seconds short_call{1};

void outlast_table_later(exchange& x) {
    if (x.grpc && x.pin && x.started + short_call <= x.worker.now())
        x.outlast_table();
}

// A stream is idle when neither direction moves, any other response when it does not come.
time_point body_deadline(const exchange& x) noexcept {
    const auto by = (x.streams ? x.last_activity : x.worker.now()) + idle_time(x);
    return x.grpc && x.pin ? std::min(by, x.worker.now() + short_call) : by;
}

// After a wait for more of the response: nothing when it is worth looking again.
std::optional<failure> judge_wait(const exchange& x, wake why) noexcept {
    if (x.stopped())
        return x.stop_reason();
    if (why == wake::expired && (!x.streams || x.last_activity + idle_time(x) <= x.worker.now()))
        return failure{errc::upstream_timeout, blame::upstream, retry_hint::never, "response body"};
    return std::nullopt;
}

}  // namespace

runtime::task<std::optional<failure>> relay(exchange& x, http::upstream_stream& node) {
    begin_response(x, node);
    std::size_t queued = 0;
    std::size_t moved = 0;
    for (;;) {
        http::chunk piece;
        const auto got = node.take_body(piece);
        if (got == io_state::broken)
            co_return node.fault();
        if (got == io_state::done) {
            x.client->put_body(piece);
            queued += piece.bytes.size();
            moved += piece.bytes.size();
            // Small pieces that are here already leave together. Of a tunnel all that is here came
            // in one piece.
            if (!piece.last && !x.tunnel && piece.bytes.size() <= http::small_piece &&
                queued < byte_buffer::small_block)
                continue;
        }
        // Written straight away when the socket takes it, which is nearly always: no coroutine for
        // that.
        if (x.client->flush() != io_state::done) {
            const auto failed = co_await flush_to_client(x, node);
            if (failed)
                co_return failed;
        }
        if (got == io_state::done && piece.last)
            break;
        if (queued != 0)  // small pieces get here only once no more is there
            x.last_activity = x.worker.now();
        queued = 0;
        if (moved >= exchange::turn_share) {
            moved = 0;
            co_await x.worker.next_turn();
            if (x.stopped())
                co_return x.stop_reason();
        }
        if (got == io_state::blocked) {
            moved = 0;
            outlast_table_later(x);
            x.upstream_wait_begins();
            const auto why = co_await node.input(body_deadline(x));
            x.upstream_wait_ends();
            const auto failed = judge_wait(x, why);
            if (failed)
                co_return failed;
        }
    }
    if (x.tunnel) {
        x.client->end_tunnel_output();
        x.half_ended();
    }
    co_return std::nullopt;
}

}  // namespace sluice::proxy
