// SPDX-License-Identifier: Apache-2.0
// The whole process in one: start, serve on several workers, drain, stop. Real time, because its
// threads have it; what is asserted of time are bounds an order away from the limits under test.
#include "app/process.hpp"
#include "fake/gateway_rig.hpp"

#include <catch2/catch.hpp>
#include <poll.h>

#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

// A node that answers every request at once, on a thread of its own; a path that starts with /slow
// is never answered.
class answering_node {
public:
    answering_node() : thread_([this] { serve(); }) {}
    ~answering_node() {
        bell_.theirs.send("x");
        thread_.join();
    }
    const fake::node& node() const noexcept { return node_; }

private:
    void serve() {
        std::vector<fake::socket> open;
        for (;;) {
            std::vector<pollfd> wanted{{bell_.ours.fd(), POLLIN, 0}, {node_.fd(), POLLIN, 0}};
            for (const auto& one : open)
                wanted.push_back({one.fd(), POLLIN, 0});
            ::poll(wanted.data(), wanted.size(), -1);
            if (wanted[0].revents != 0)
                return;
            for (auto& one : open)
                answer(one);
            std::erase_if(open, [](const fake::socket& one) { return !one; });
            while (auto next = node_.accept())
                open.push_back(std::move(next));
        }
    }
    static void answer(fake::socket& one) {
        const auto request = one.receive();
        for (std::size_t at = 0; (at = request.find("\r\n\r\n", at)) != std::string::npos; at += 4)
            if (request.rfind("GET /slow", 0) != 0)
                one.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        if (one.at_end())
            one.close();
    }

    fake::node node_;
    fake::socket_pair bell_;
    std::thread thread_;
};

class running_process {
public:
    explicit running_process(const fake::node& node, unsigned workers = 2,
                             std::chrono::milliseconds drain = 30s)
        : process_(settings_with(node, workers, drain)), thread_([this] { process_.run(); }) {}
    ~running_process() {
        if (!thread_.joinable())
            return;
        process_.stop();
        process_.stop();
        thread_.join();
    }
    void stop() { process_.stop(); }
    /// Waits for run() to return; says how long that took.
    std::chrono::steady_clock::duration join() {
        const auto since = std::chrono::steady_clock::now();
        thread_.join();
        return std::chrono::steady_clock::now() - since;
    }
    const sluice::net::address& address() const {
        return process_.open_listeners().front().bound.bound;
    }

    static sluice::app::loaded_settings settings_with(const fake::node& node, unsigned workers,
                                                      std::chrono::milliseconds drain) {
        sluice::app::loaded_settings loaded;
        loaded.values = fake::settings_for({&node});
        loaded.values.workers = workers;
        loaded.values.timeouts.drain = drain;
        loaded.values.admin.address = *sluice::net::address::parse("127.0.0.1:0");
        sluice::http::listener_settings web;
        web.name = "web";
        web.address = *sluice::net::address::parse("127.0.0.1:0");
        loaded.values.listeners.push_back(web);
        return loaded;
    }

private:
    sluice::app::process process_;
    std::thread thread_;
};

// A client whose calls wait, but never for ever.
class client {
public:
    explicit client(const sluice::net::address& where)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_storage raw{};
        const auto size = where.to_sockaddr(raw);
        connected_ = ::connect(socket_.fd(), reinterpret_cast<sockaddr*>(&raw), size) == 0;
    }
    bool connected() const noexcept { return connected_; }
    void send(std::string_view bytes) { socket_.send(bytes); }
    /// Reads until `text` came or the other side ended.
    std::string read_until(std::string_view text) {
        std::string all;
        while (all.find(text) == std::string::npos && !socket_.at_end()) {
            pollfd one{socket_.fd(), POLLIN, 0};
            if (::poll(&one, 1, 20'000) != 1)
                break;
            all += socket_.receive();
        }
        return all;
    }
    bool ended() {
        read_until("never sent");
        return socket_.at_end();
    }
    bool was_reset() const noexcept { return socket_.was_reset(); }

private:
    fake::socket socket_;
    bool connected_ = false;
};

}  // namespace

TEST_CASE("workers share a listener and all serve") {
    answering_node node;
    running_process gateway(node.node(), 3);
    std::vector<client> clients;
    for (int i = 0; i < 60; ++i)
        clients.emplace_back(gateway.address());
    for (int round = 0; round < 3; ++round)
        for (auto& one : clients) {
            one.send(fake::get);
            REQUIRE(one.read_until("hello").rfind("HTTP/1.1 200", 0) == 0);
        }
}

TEST_CASE("a stop with idle connections open ends cleanly after the grace, long before the drain "
          "deadline") {
    answering_node node;
    running_process gateway(node.node());
    std::vector<client> clients;
    for (int i = 0; i < 20; ++i)
        clients.emplace_back(gateway.address());
    for (auto& one : clients) {
        one.send(fake::get);
        one.read_until("hello");
    }
    gateway.stop();
    CHECK(gateway.join() < 10s);
    for (auto& one : clients)
        CHECK(one.ended());
}

TEST_CASE("connections in the accept queue when the stop comes are served, and none is reset") {
    answering_node node;
    for (int round = 0; round < 3; ++round) {
        running_process gateway(node.node());
        std::vector<client> clients;
        for (int i = 0; i < 50; ++i) {
            clients.emplace_back(gateway.address());
            clients.back().send(fake::get);
        }
        gateway.stop();
        for (auto& one : clients) {
            REQUIRE(one.read_until("hello").rfind("HTTP/1.1 200", 0) == 0);
            REQUIRE_FALSE(one.was_reset());
        }
        CHECK(gateway.join() < 10s);
    }
}

TEST_CASE("while draining nobody new is let in and what is open is served to its end") {
    answering_node node;
    running_process gateway(node.node());
    client held(gateway.address());
    held.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    client other(gateway.address());
    other.send(fake::get);
    other.read_until("hello");
    gateway.stop();
    CHECK(other.ended());  // so the drain has begun
    bool refused = false;
    for (int i = 0; i < 200 && !refused; ++i) {
        refused = !client(gateway.address()).connected();
        std::this_thread::sleep_for(5ms);
    }
    CHECK(refused);
    gateway.stop();
    CHECK(gateway.join() < 10s);
    CHECK(held.ended());
}

TEST_CASE("a second stop ends at once, whatever is open") {
    answering_node node;
    running_process gateway(node.node());
    client held(gateway.address());
    held.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    gateway.stop();
    gateway.stop();
    CHECK(gateway.join() < 10s);
    CHECK(held.ended());
}

TEST_CASE("the drain deadline breaks what is still open") {
    answering_node node;
    running_process gateway(node.node(), 2, 200ms);
    client held(gateway.address());
    held.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    client quick(gateway.address());
    quick.send(fake::get);
    quick.read_until("hello");
    gateway.stop();
    CHECK(gateway.join() < 10s);
    CHECK(held.ended());
}

TEST_CASE("a connection that ends during the stop does not end the drain of the other worker") {
    answering_node node;
    for (int round = 0; round < 20; ++round) {
        running_process gateway(node.node());
        client held(gateway.address());
        held.send("GET /a HTTP/1.1\r\nHost: h\r\n");  // the rest comes after the stop
        for (int i = 0; i < 20; ++i)
            client(gateway.address());  // come and gone, some still in the queue
        gateway.stop();
        std::this_thread::sleep_for(1ms);
        held.send("\r\n");
        REQUIRE(held.read_until("hello").rfind("HTTP/1.1 200", 0) == 0);
        gateway.join();
    }
}

TEST_CASE("an address that is taken keeps the process from starting and says who holds it") {
    answering_node node;
    running_process gateway(node.node());
    auto settings = running_process::settings_with(node.node(), 2, 1s);
    settings.values.listeners[0].address = gateway.address();
    try {
        sluice::app::process second(settings);
        FAIL("the second process started");
    } catch (const std::system_error& refused) {
        CHECK(refused.code().value() == EADDRINUSE);
        CHECK(std::string(refused.what()).find("held by") != std::string::npos);
    }
}
