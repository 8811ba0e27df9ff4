// SPDX-License-Identifier: Apache-2.0
// The two sides of an exchange without a codec: they say what a test tells them to, move no bytes,
// and note what was asked of them. For the parts of proxy that only look at their streams.
#pragma once

#include "fake/socket.hpp"
#include "sluice/http/exchange_io.hpp"
#include "sluice/http/listener.hpp"

namespace fake {

class client_side final : public sluice::http::client_stream {
public:
    explicit client_side(sluice::runtime::worker& owner) : socket_(owner, pair_.ours.release()) {
        listener.name = "web";
        facts.listener = &listener;
    }

    // What the test decides.
    sluice::http::listener_settings listener;
    sluice::http::client_facts facts;
    sluice::http::presence place = sluice::http::presence::here;
    sluice::errc reason = sluice::errc::client_gone;
    bool taken = true;

    // What was asked.
    sluice::http::gone_listener* told = nullptr;
    int inputs_ended = 0;
    int outputs_ended = 0;

    /// The client shut its sending side, or left.
    void becomes(sluice::http::presence now) {
        place = now;
        told->on_client_gone();
    }

    const sluice::http::client_facts& client() const noexcept override { return facts; }
    sluice::arena& room() noexcept override { return room_; }
    sluice::http::io_state take_body(sluice::http::chunk&) override { return blocked; }
    bool body_taken() const noexcept override { return true; }
    void give_up_body() override {}
    void put_informational(const sluice::http::response_head&) override {}
    void put_head(const sluice::http::response_head&, std::string_view) override {}
    void put_body(const sluice::http::chunk&) override {}
    sluice::http::io_state flush() override { return sluice::http::io_state::done; }
    bool delivered() const noexcept override { return taken; }
    sluice::runtime::readiness input() override { return wait(sluice::runtime::direction::in); }
    sluice::runtime::readiness output() override { return wait(sluice::runtime::direction::out); }
    void interrupt_input() noexcept override { ++inputs_ended; }
    void resume_input() noexcept override {}
    void interrupt_output() noexcept override { ++outputs_ended; }
    void on_gone(sluice::http::gone_listener* who) noexcept override { told = who; }
    sluice::http::presence where() const noexcept override { return place; }
    void open_tunnel(std::chrono::milliseconds) override {}
    void end_tunnel_output() override {}
    void reset() noexcept override {}
    sluice::errc fault() const noexcept override { return reason; }
    std::string_view fault_detail() const noexcept override { return {}; }
    std::uint64_t bytes_in() const noexcept override { return 0; }
    std::uint64_t bytes_out() const noexcept override { return 0; }

private:
    static constexpr auto blocked = sluice::http::io_state::blocked;
    sluice::runtime::readiness wait(sluice::runtime::direction which) noexcept {
        return socket_.until(which, sluice::runtime::timer::never);
    }

    socket_pair pair_;
    sluice::runtime::watched socket_;
    sluice::arena room_;
};

class node_side final : public sluice::http::upstream_stream {
public:
    explicit node_side(sluice::runtime::worker& owner) : socket_(owner, pair_.ours.release()) {}

    bool taken = true;    ///< the test decides
    int interrupted = 0;  ///< how often it was

    void put_head(const sluice::http::outgoing_request&) override {}
    void put_body(const sluice::http::chunk&) override {}
    sluice::http::io_state flush() override { return sluice::http::io_state::done; }
    bool delivered() const noexcept override { return taken; }
    sluice::http::io_state take_head(sluice::http::response_head&) override { return blocked; }
    sluice::http::io_state take_body(sluice::http::chunk&) override { return blocked; }
    sluice::runtime::readiness input(sluice::time_point deadline) override {
        return socket_.until(sluice::runtime::direction::in, deadline);
    }
    sluice::runtime::readiness output(sluice::time_point deadline) override {
        return socket_.until(sluice::runtime::direction::out, deadline);
    }
    void interrupt() noexcept override { ++interrupted; }
    void open_tunnel() override {}
    void end_tunnel_output() override {}
    bool sent_any() const noexcept override { return true; }
    bool answered() const noexcept override { return false; }
    void poison() noexcept override {}
    sluice::failure fault() const noexcept override {
        return {sluice::errc::upstream_closed, sluice::blame::upstream};
    }

private:
    static constexpr auto blocked = sluice::http::io_state::blocked;

    socket_pair pair_;
    sluice::runtime::watched socket_;
};

}  // namespace fake
