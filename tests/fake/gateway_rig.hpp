// SPDX-License-Identifier: Apache-2.0
// One worker's gateway between clients and nodes that a test plays byte by byte, with the test's
// own time: the real codecs, pools and rules, no threads, no listener.
#pragma once

#include "app/build_listener.hpp"
#include "app/build_table.hpp"
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "http/server.hpp"
#include "proxy/gateway.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

namespace fake {

/// Small pieces leave at once: none waits for the kernel's delayed acknowledgement of the one
/// before.
inline void send_at_once(const socket& one) noexcept {
    const int on = 1;
    ::setsockopt(one.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// A node: a listening socket on a port of the kernel's choice.
class node {
public:
    explicit node(int backlog = 16)
        : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listening_.fd(), reinterpret_cast<sockaddr*>(&here), sizeof here);
        ::listen(listening_.fd(), backlog);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        ::getsockname(listening_.fd(), reinterpret_cast<sockaddr*>(&bound), &size);
        address_ = sluice::net::address::from(bound);
    }
    const sluice::net::address& address() const noexcept { return address_; }
    int fd() const noexcept { return listening_.fd(); }
    /// The next connection, or none.
    socket accept() {
        socket one(::accept4(listening_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        send_at_once(one);
        return one;
    }
    /// From now on connecting is refused.
    void close() noexcept { listening_.close(); }

private:
    socket listening_;
    sluice::net::address address_;
};

/// Settings with one service `s` over the given nodes and one route `r` to it.
inline sluice::app::settings settings_for(std::initializer_list<const node*> nodes) {
    sluice::app::settings all;
    all.access_log.path = "off";
    sluice::service::service_settings service;
    service.name = "s";
    for (const auto* one : nodes)
        service.nodes.push_back({one->address(), 1});
    all.services.push_back(service);
    sluice::proxy::route_settings route;
    route.name = "r";
    route.services.push_back({"s", 1});
    all.routes.push_back(route);
    return all;
}

class gateway_rig {
public:
    explicit gateway_rig(sluice::app::settings from)
        : settings(std::move(from)), metrics(settings.metrics, 1), log(settings.access_log, 1),
          gateway(loop.worker, {metrics, log}) {
        table = sluice::app::build_table(settings, 1, 1);
        gateway.adopt(table);
        server = std::make_unique<sluice::http::server>(loop.worker, listener(), gateway,
                                                        [this] { ++closed; });
    }
    ~gateway_rig() {
        server->abort();
        gateway.drain();
        loop.settle();
    }

    /// From the next request on these settings hold.
    void change(sluice::app::settings next) {
        settings = std::move(next);
        table = sluice::app::build_table(settings, 1, table->generation + 1, table.get());
        gateway.adopt(table);
    }

    /// A client's end of a new connection over TCP, so that it can reset.
    socket connect() {
        node door;
        sockaddr_storage raw{};
        const auto size = door.address().to_sockaddr(raw);
        socket theirs(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        send_at_once(theirs);
        if (::connect(theirs.fd(), reinterpret_cast<sockaddr*>(&raw), size) != 0)
            throw std::runtime_error("connect failed");
        server->adopt(door.accept().release(), sender);
        loop.settle();
        return theirs;
    }
    /// What connections are served with: the first listener of the settings, called `web`.
    std::shared_ptr<const sluice::http::server_settings> listener() {
        sluice::http::listener_settings first;
        if (!settings.listeners.empty())
            first = settings.listeners.front();
        first.name = "web";
        return sluice::app::build_listener(first, settings, {metrics, tickets}, nullptr);
    }
    /// Sends and lets everything that follows happen.
    void send(socket& from, std::string_view bytes) {
        from.send(bytes);
        loop.settle();
    }
    sluice::service::node_stats::reading stats(std::size_t node = 0) const {
        return table->services[0]->nodes[node].stats->read();
    }

    sluice::app::settings settings;
    fake::loop loop;
    sluice::telemetry::registry metrics;
    sluice::telemetry::access_log log;
    std::shared_ptr<sluice::net::ticket_keys> tickets =
        std::make_shared<sluice::net::ticket_keys>();
    std::shared_ptr<const sluice::proxy::table> table;
    sluice::proxy::gateway gateway;
    std::unique_ptr<sluice::http::server> server;
    /// Whom connections are said to be from.
    sluice::net::address sender = *sluice::net::address::parse("192.0.2.1:4711");
    int closed = 0;
};

inline constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
inline constexpr std::string_view empty_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

}  // namespace fake
