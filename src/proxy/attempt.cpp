// SPDX-License-Identifier: Apache-2.0
#include "proxy/attempt.hpp"

#include "proxy/connect.hpp"
#include "proxy/relay.hpp"
#include "proxy/request_for_node.hpp"
#include "proxy/request_pump.hpp"
#include "proxy/tls_trouble.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/runtime/worker.hpp"

namespace sluice::proxy {

using http::io_state;
using runtime::wake;

namespace {

// More 1xx heads than that before a final one is a node gone wrong.
constexpr unsigned most_informational = 16;

constexpr failure not_for_http1{errc::not_implemented, blame::gateway, retry_hint::never, "grpc"};

// The connection of one attempt: stop() can reach it while it is used, and it goes back to its pool
// at the end.
class lease {
public:
    lease(exchange& x, upstream::node_pool& pool, upstream::connection used) noexcept
        : x_(x), pool_(pool), connection_(std::move(used)) {
        x_.upstream = connection_.get();
    }
    ~lease() {
        x_.upstream = nullptr;
        pool_.give_back(std::move(connection_));
    }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;

    upstream::connection& operator*() noexcept { return connection_; }

private:
    exchange& x_;
    upstream::node_pool& pool_;
    upstream::connection connection_;
};

// Whether `chosen` is a member of the comma-separated list `offers`.
bool names_one_of(std::string_view chosen, std::string_view offers) noexcept {
    while (!chosen.empty() && !offers.empty())
        if (iequals(next_item(offers), chosen))
            return true;
    return false;
}

// Head and whatever of the body is here leave in one write; the pump sends the rest.
void send_request(exchange& x, http::upstream_stream& node) {
    if (x.node_is_host)
        x.outgoing.authority = authority_of(*x.service, *x.node);
    node.put_head(x.outgoing);
    x.request_progress = x.last_activity = x.worker.now();
    http::chunk piece;
    if (!x.replay.empty()) {
        piece = x.replay.all();
        node.put_body(piece);
    } else if (x.request->body.has_body() && x.client->take_body(piece) == io_state::done) {
        x.replay.keep(piece);
        node.put_body(piece);
    } else {
        piece.last = !x.request->body.has_body();
    }
    const auto sent = node.flush();
    if (sent == io_state::broken && !node.sent_any())
        // not one byte went out: another connection may have it, whatever the method
        x.replay.hold(piece);
    if (sent == io_state::done)
        x.replay.left();
    if (sent != io_state::done || !piece.last)
        start_pump(x, node);
}

std::optional<failure> forward_informational(exchange& x, unsigned count) {
    if (count > most_informational)
        return failure{errc::bad_upstream_message, blame::upstream, retry_hint::never,
                       "too many 1xx heads"};
    if (!x.request->received.is_1_0()) {
        x.client->put_informational(x.response);
        if (x.client->flush() == io_state::broken)
            return failure{errc::client_gone, blame::client};
    }
    return {};
}

// A node may switch protocols only when asked, and only to what was asked for (CVE-2026-2833).
std::optional<failure> check_switch(const exchange& x) {
    const bool request_left = !x.pump_running || x.pump_ended.await_ready();
    if (request_left && x.outgoing.upgrade && names_one_of(x.response.upgrade, x.request->upgrade))
        return {};
    return failure{errc::bad_upstream_message, blame::upstream, retry_hint::never,
                   "a 101 that was not asked for"};
}

// A server of a stream of gRPC messages sends its head with the first of them, which may be long
// in coming.
duration head_time(const exchange& x) noexcept {
    const auto& deadlines = x.target->deadlines;
    return x.grpc ? deadlines.stream_idle : deadlines.upstream_head;
}

// The deadline for the head starts anew while the request body still moves: an upload may take
// longer than that.
bool still_sending(const exchange& x, time_point& deadline) noexcept {
    const auto later = x.request_progress + head_time(x);
    if (!x.pump_running || later <= x.worker.now())
        return false;
    deadline = later;
    return true;
}

// What is told of the node elsewhere than to this client.
void remember(const exchange& x, const failure& why, const upstream::connection& node,
              upstream::node_pool& pool) {
    if (why.retry == retry_hint::unprocessed)
        return;  // a node that ends a connection in good order, or has enough to do
    if (why.code == errc::tls_failed)
        tell_tls_trouble(x, pool, node.tls_failure());
    else
        pool.stats().set_last_error(why.stage);
}

runtime::task<std::optional<failure>> await_head(exchange& x, http::upstream_stream& node) {
    auto deadline = x.worker.now() + head_time(x);
    for (unsigned informational = 0;;) {
        if (x.stopped())
            co_return x.stop_reason();
        switch (node.take_head(x.response)) {
        case io_state::broken:
            co_return node.fault();
        case io_state::done:
            if (!x.response.informational() || x.response.status == 101)
                co_return std::nullopt;
            if (auto failed = forward_informational(x, ++informational))
                co_return failed;
            break;
        case io_state::blocked:
            x.upstream_wait_begins();
            const auto why = co_await node.input(deadline);
            x.upstream_wait_ends();
            if (why == wake::interrupted && !x.stopped())
                co_return failure{errc::upstream_closed, blame::upstream, retry_hint::never,
                                  "response head"};
            if (why == wake::expired && !still_sending(x, deadline))
                co_return failure{errc::upstream_timeout, blame::upstream, retry_hint::never,
                                  "response head"};
        }
    }
}

}  // namespace

runtime::task<std::optional<failure>> attempt(exchange& x, upstream::node_pool& pool, tries& left) {
    auto leased = left.lease_from(pool);
    if (!leased) {
        x.upstream_wait_begins();
        auto made = co_await connect(x, pool, left);
        x.upstream_wait_ends();
        if (!made)
            co_return made.error();
        leased = std::move(*made);
    }
    lease held(x, pool, std::move(leased));
    left.connected();
    if (x.stopped())
        co_return x.stop_reason();
    if (x.grpc && !(*held).is_shared())  // the node preferred HTTP/1
        co_return not_for_http1;
    (*held).begin(x.request->verb, x.pin->facts().bounds, x.client->largest_piece());
    pool.stats().count_request(x.worker.index());

    auto& node = **held;
    send_request(x, node);
    auto failed = co_await await_head(x, node);
    if (!failed && x.response.status == 101)
        failed = check_switch(x);
    if (!failed) {
        x.replay.answered();
        failed = co_await relay(x, node);
    }
    if (x.pump_running) {
        // A node that ended its direction of a tunnel may still read the other one.
        if (failed || !x.tunnel)
            stop_pump(x, node);
        co_await x.pump_ended;
        pump_stopped(x);
    }
    if (x.tunnel_over()) {
        x.client->reset();  // who had the time to read is not waited for again
        failed.reset();
    }
    if (node.sent_any())
        left.bytes_went_out();
    if (failed && failed->who == blame::upstream)
        remember(x, *failed, *held, pool);
    co_return failed;
}

}  // namespace sluice::proxy
