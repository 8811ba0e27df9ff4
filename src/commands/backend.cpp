// SPDX-License-Identifier: Apache-2.0
#include "commands/backend.hpp"

#include "commands/backend_session.hpp"
#include "commands/command.hpp"
#include "sluice/net/address.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>

namespace sluice::commands {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using protocol = asio::generic::stream_protocol;
using acceptor = asio::basic_socket_acceptor<protocol>;

constexpr int backlog = 4096;

protocol::endpoint to_asio(const net::address& where) {
    sockaddr_storage raw{};
    const unsigned size = where.to_sockaddr(raw);
    return {&raw, size};
}

/// A Unix socket's file outlives the process that bound it. It is removed when nobody listens there
/// any more.
void remove_stale_socket(asio::io_context& loop, const net::address& where) {
    protocol::socket probe{loop};
    error_code error;
    probe.connect(to_asio(where), error);
    if (error == asio::error::connection_refused) {
        ::unlink(where.path().c_str());
    }
}

error_code start_listening(acceptor& on, const net::address& where) {
    const auto place = to_asio(where);
    error_code error;
    on.open(place.protocol(), error);
    if (!error && !where.is_unix()) {
        on.set_option(acceptor::reuse_address{true}, error);
    }
    if (!error) {
        on.bind(place, error);
    }
    if (!error) {
        on.listen(backlog, error);
    }
    return error;
}

/// The address as bound: port 0 has become a real one.
net::address bound_address(const acceptor& on) {
    sockaddr_storage raw{};
    socklen_t size = sizeof raw;
    ::getsockname(const_cast<acceptor&>(on).native_handle(), reinterpret_cast<sockaddr*>(&raw),
                  &size);
    return net::address::from(raw);
}

void report(const std::exception_ptr& thrown) {
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (const std::exception& why) {
        std::fprintf(stderr, "connection ended: %s\n", why.what());
    }
}

asio::awaitable<void> accept_connections(acceptor& from, std::string name) {
    for (;;) {
        error_code error;
        auto socket = co_await from.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted) {
            co_return;
        }
        if (error) {  // out of descriptors: trying again at once would only burn the CPU
            asio::steady_timer pause{from.get_executor(), std::chrono::milliseconds{50}};
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        socket.set_option(asio::ip::tcp::no_delay{true},
                          error);  // fails on a Unix socket, which needs none
        asio::co_spawn(from.get_executor(), serve_backend_session(std::move(socket), name), report);
    }
}

}  // namespace

int backend(const std::string& listen) {
    const auto where = net::address::parse(listen);
    if (!where) {
        std::fprintf(
            stderr,
            "sluice backend: --listen %s: not an address (IP:port, [v6]:port or unix:/path)\n",
            listen.c_str());
        return 64;
    }
    asio::io_context loop{1};
    if (where->is_unix()) {
        remove_stale_socket(loop, *where);
    }
    acceptor connections{loop};
    if (const auto error = start_listening(connections, *where)) {
        std::fprintf(stderr, "sluice backend: cannot listen on %s: %s\n", listen.c_str(),
                     error.message().c_str());
        return 1;
    }
    const auto name =
        where->is_unix() ? where->to_string() : bound_address(connections).to_string();
    std::fprintf(stderr, "listening on %s\n", name.c_str());

    asio::signal_set stop{loop, SIGTERM, SIGINT};
    stop.async_wait([&loop](error_code, int) { loop.stop(); });
    asio::co_spawn(loop, accept_connections(connections, name), report);
    loop.run();
    if (where->is_unix()) {
        ::unlink(where->path().c_str());
    }
    return 0;
}

void add_backend(CLI::App& app, int& exit_code) {
    command self(app, "backend", "A small backend to try the proxy with");
    auto listen = std::make_shared<std::string>();
    self.add("--listen", *listen, "IP:port, [v6]:port or unix:/path; port 0 picks a free one")
        .required()
        .type("ADDR");
    self.footer("Every path answers JSON about the request, except\n"
                "  /bytes/N   N bytes          /sse/N     N server-sent events (?interval=MS)\n"
                "  /slow/MS   after a wait     /status/N  under that status\n"
                "  /ws        WebSocket echo");
    self.runs(exit_code, [listen] { return backend(*listen); });
}

}  // namespace sluice::commands
