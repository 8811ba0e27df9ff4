// SPDX-License-Identifier: Apache-2.0
// Everything known about one request while it is being proxied: what it matched, how far it got,
// what stopped it, what the log will say. One object per request, reused by its worker; knows no
// rules, only state.
#pragma once

#include "proxy/replay.hpp"
#include "proxy/worker_view.hpp"
#include "sluice/base/error.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/http/true_client.hpp"
#include "sluice/runtime/event.hpp"
#include "upstream/node_pool.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::proxy {

class exchange final : public http::gone_listener {
public:
    /// Bytes that move in one direction without a wait before other connections have their turn:
    /// some 0.2 ms of copying.
    static constexpr std::size_t turn_share = 512 * 1024;

    explicit exchange(runtime::worker&);
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    /// Begins anew for a request; everything borrowed lives until end().
    void begin(http::request_head&, http::client_stream&, const pinned_view&);
    void end() noexcept;

    /// Stops the exchange from outside its own flow (the client left, a deadline, the request
    /// broke): remembers why and ends whatever it waits for. The first reason stays.
    void stop(errc why, blame who) noexcept;
    bool stopped() const noexcept { return stopped_.has_value(); }
    failure stop_reason() const noexcept { return *stopped_; }

    /// A stream may last for days: from here on it holds its own route and service, no longer the
    /// whole table. Nothing but these may be asked for after it.
    void outlast_table();

    /// The route's total deadline, counted from now. Not for streams.
    void arm_total(std::chrono::milliseconds total) noexcept;
    /// The client's own deadline for a call, counted from now, which holds for its stream too.
    void arm_call(std::chrono::milliseconds total) noexcept;

    /// One side of a tunnel said its last and all of it was passed on: the other has a short while
    /// left.
    void half_ended() noexcept;
    /// That while is over: an end like any other of a tunnel, not a failure.
    bool tunnel_over() const noexcept { return tunnel_over_; }

    void on_client_gone() noexcept override;

    /// Waits for a node are measured: they are not our overhead.
    void upstream_wait_begins() noexcept;
    void upstream_wait_ends() noexcept;

    std::span<const std::size_t> tried() const noexcept { return {tried_.data(), tried_count_}; }
    void remember_tried(std::size_t at) noexcept {
        if (tried_count_ < tried_.size())
            tried_[tried_count_++] = at;
    }
    bool can_try_more() const noexcept { return tried_count_ < tried_.size(); }

    runtime::worker& worker;
    http::request_head* request = nullptr;
    http::client_stream* client = nullptr;
    http::true_client sent_by;    // for the log, and for balancing by client
    pinned_view pin;              // keeps the table this exchange started with
    std::size_t route_place = 0;  // in the table's routes
    const table_route* route = nullptr;
    const route_target* target = nullptr;
    const table_service* service = nullptr;
    http::outgoing_request outgoing;
    http::response_head response;
    replay_buffer replay;

    // What is waited for right now, so that stop() can end the wait.
    http::upstream_stream* upstream = nullptr;
    net::stream* dialling = nullptr;
    upstream::slot_wait* queued = nullptr;

    runtime::event pump_ended;
    bool pump_running = false;
    bool pump_must_end = false;
    time_point request_progress{};  // when the last piece of the request body went out
    time_point last_activity{};     // a piece of either body was passed on

    // For the log and the metrics.
    time_point started{};
    duration upstream_wait{};
    duration connect_took{};  // of this attempt; zero on a pooled connection
    const table_node* node = nullptr;
    unsigned attempts = 0;
    unsigned status = 0;
    std::optional<errc> error;
    std::array<char, 128> request_id{};  // 32 hex of ours, or what a trusted proxy sent
    std::size_t request_id_size = 0;
    bool response_begun = false;
    bool node_is_host = false;  // the node is sent its own address as Host
    bool tunnel = false;        // after a 101: raw bytes both ways
    bool streams = false;       // event streams, tunnels, calls: idle times and totals differ
    bool grpc = false;  // a call: its answers are streams, its errors have a form of their own

private:
    struct clock_timer : runtime::timer {
        clock_timer(exchange& of, callback fire) noexcept : timer(fire), owner(of) {}
        exchange& owner;
    };
    bool delivered() const noexcept;
    static void gone_fired(runtime::timer&) noexcept;
    static void total_fired(runtime::timer&) noexcept;
    static void half_fired(runtime::timer&) noexcept;

    // What stays of the table, once it was let go.
    std::shared_ptr<const table_route> own_route_;
    std::shared_ptr<const table_service> own_service_;
    worker_view::shared_service own_side_;
    std::optional<failure> stopped_;
    clock_timer gone_timer_;
    clock_timer total_timer_;
    clock_timer half_timer_;
    time_point call_ends_ = runtime::timer::never;
    time_point quiet_since_{};  // of a half-closed client: nothing was on its way, as far as seen
    time_point wait_began_{};
    std::array<std::size_t, 16> tried_{};
    std::size_t tried_count_ = 0;
    bool tunnel_over_ = false;
};

}  // namespace sluice::proxy
