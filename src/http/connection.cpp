// SPDX-License-Identifier: Apache-2.0
// What all client connections have in common. The steps of opening one are in
// connection_proxy_header.cpp, connection_handshake.cpp and connection_protocol.cpp.
#include "http/connection.hpp"

#include "http/h1/server_session.hpp"
#include "http/h2/server_session.hpp"
#include "sluice/base/byte_buffer.hpp"
#include "sluice/runtime/worker.hpp"

#include <algorithm>

namespace sluice::http {

using runtime::direction;
using runtime::wake;

namespace {

// How long a connection that must close waits for the client to read the answer: between two
// pieces of what it still sends, and in all.
constexpr std::chrono::seconds linger_pause{2};
constexpr std::chrono::seconds linger_total{10};
// The same for a client that broke the rules: time to read why, not to go on.
constexpr std::chrono::milliseconds brief_linger{500};

enum class dropped : std::uint8_t { some, all, ended };

// Reads and forgets what is here.
dropped drop_input(net::stream& from) noexcept {
    constexpr int rounds_a_turn = 8;
    byte_buffer room;
    room.reserve(byte_buffer::large_block);
    for (int round = 0; round < rounds_a_turn; ++round) {
        const auto got = from.read(room.room());
        if (got.state == io_state::blocked)
            return dropped::all;
        if (got.state == io_state::broken || got.bytes == 0)
            return dropped::ended;
    }
    return dropped::some;
}

}  // namespace

connection::connection(server& owner, runtime::worker& loop, int fd, const net::address& client)
    : server_(owner), settings_(owner.settings()), latest_(settings_), worker_(loop),
      socket_(loop, fd), opened_(loop.now()) {
    facts_.listener = &settings_->listener;
    facts_.presence = &settings_->presence;
    identify(client);
    position_ = server_.connections_.size();
    server_.connections_.push_back(this);
}

connection::~connection() { server_.forget(*this); }

void connection::begin(std::unique_ptr<connection> self) {
    if (self->opens_at_once())
        hand_over(std::move(self), protocol::http1);
    else
        runtime::spawn(open(std::move(self)));
}

// The coroutine of the opening is not kept for the life of the connection.
runtime::task<> connection::open(std::unique_ptr<connection> owner) {
    auto& self = *owner;
    if (self.settings_->listener.proxy_protocol) {
        co_await self.take_proxy_header();
        if (self.broken_)
            co_return;
    }
    if (self.settings_->tls) {
        co_await self.shake_hands();
        if (self.broken_)
            co_return;
    }
    auto agreed = self.agreed_protocol();
    if (agreed == protocol::undecided) {
        co_await self.find_protocol(agreed);
        if (self.broken_)
            co_return;
    }
    hand_over(std::move(owner), agreed);
}

bool connection::opens_at_once() const noexcept {
    return !settings_->listener.proxy_protocol && !settings_->tls &&
           agreed_protocol() == protocol::http1;
}

void connection::hand_over(std::unique_ptr<connection> self, protocol agreed) {
    if (agreed == protocol::h2)
        runtime::spawn(h2::server_session::serve(std::move(self)));
    else
        runtime::spawn(h1::server_session::serve(std::move(self)));
}

void connection::identify(const net::address& client) {
    client_ = client;
    ip_ = client.ip();
    address_ = client.to_string();
    facts_.ip = ip_;
    facts_.address = address_;
    facts_.trusted = settings_->listener.trusts(client);
}

// The request is routed, trusted and counted as the listener is by now: its name stands in the
// table that holds from this moment. How bytes are read stays what it was.
bool connection::take_changed() noexcept {
    const auto& now = server_.settings()->listener;
    if (now.proxy_protocol != settings_->listener.proxy_protocol ||
        now.protocols != settings_->listener.protocols ||
        !net::ask_the_same(settings_->listener.tls, now.tls))
        return false;
    latest_ = server_.settings();
    facts_.listener = &latest_->listener;
    facts_.presence = &latest_->presence;
    facts_.trusted = !unnamed_ && latest_->listener.trusts(client_);
    return true;
}

// Until its first request a connection has absolute deadlines, counted from its accept.
time_point connection::opening_deadline(std::chrono::milliseconds allowed) const noexcept {
    const auto usual = opened_ + allowed;
    return server_.draining() ? std::min(usual, worker_.now() + server::drain_grace) : usual;
}

runtime::task<> connection::linger(connection& self, patience how) {
    auto& worker = self.worker_;
    self.socket_.shut_write();
    // At the end of a drain what is here already is dropped, and nobody is waited for.
    const std::chrono::milliseconds most = how == patience::none    ? std::chrono::seconds{0}
                                           : how == patience::brief ? brief_linger
                                                                    : linger_total;
    const auto give_up = worker.now() + most;
    for (;;) {
        const auto got = drop_input(self.socket_);
        if (got == dropped::ended || worker.now() >= give_up)
            co_return;
        if (got == dropped::some) {
            co_await worker.next_turn();
            continue;
        }
        const auto why =
            co_await self.socket_.readable(std::min(give_up, worker.now() + linger_pause));
        if (why != wake::ready)
            co_return;
    }
}

void connection::drain() noexcept {
    if (speaker_ != nullptr)
        speaker_->drain();
    else if (waiting_)
        socket_.interrupt(direction::in);
}

void connection::abort() noexcept {
    if (speaker_ != nullptr)
        return speaker_->abort();
    broken_ = true;
    socket_.interrupt(direction::in);
    socket_.interrupt(direction::out);
}

bool connection::shed() noexcept {
    if (speaker_ == nullptr || !speaker_->may_be_shed())
        return false;
    speaker_->close_idle();
    return true;
}

}  // namespace sluice::http
