// SPDX-License-Identifier: Apache-2.0
#include "net/acceptor.hpp"

#include "sluice/runtime/worker.hpp"
#include "sluice/telemetry/log.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace sluice::net {

namespace {

// How long accepting pauses when descriptors or connections run out: long enough not to spin, short
// enough to recover.
constexpr std::chrono::milliseconds shortage_pause{100};

// Connections taken in a row before those already open have their turn.
constexpr unsigned turn_share = 64;

bool out_of_descriptors(int code) noexcept {
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

acceptor::acceptor(runtime::worker& owner, int fd, const address& bound, connection_gate& gate,
                   std::size_t threshold, on_connection accepted, on_shortage shortage)
    : worker_(owner), socket_(std::in_place, owner, fd, runtime::watched::sharing::between_workers),
      is_unix_(bound.is_unix()), gate_(gate), on_connection_(std::move(accepted)),
      on_shortage_(std::move(shortage)), threshold_(threshold) {}

acceptor::~acceptor() = default;

// Whether the next descriptor would still come from the reserve; a duplicate made for a moment
// tells.
bool acceptor::in_reserve() noexcept {
    const int probe = ::fcntl(socket_->fd(), F_DUPFD_CLOEXEC, 0);
    if (probe < 0)
        return true;
    ::close(probe);
    near_reserve_ = static_cast<std::size_t>(probe) >= threshold_;
    return near_reserve_;
}

acceptor::taken acceptor::accept_one() {
    if (near_reserve_ && in_reserve())
        return taken::no_descriptor;
    if (!gate_.enter())
        return taken::full;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(socket_->fd(), reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        gate_.leave();
        if (out_of_descriptors(errno))
            return taken::no_descriptor;
        // ECONNABORTED and the like concern one connection that is gone already; the queue goes on.
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF || errno == EINVAL
                   ? taken::queue_empty
                   : taken::one;
    }
    // The kernel hands out the lowest number that is free, so the number tells how many are in use.
    near_reserve_ = static_cast<std::size_t>(fd) >= threshold_;
    if (!is_unix_) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    // An IPv4 client of a socket for both families comes as ::ffff:a.b.c.d.
    on_connection_(fd, address::from(from).unmapped());
    return taken::one;
}

runtime::task<> acceptor::run() {
    using runtime::direction;
    for (unsigned in_a_row = 1; !leaving_; ++in_a_row) {
        const auto got = accept_one();
        if (got == taken::queue_empty) {
            if (stopping_)
                break;
            socket_->set_unreadable();
            co_await socket_->until(direction::in, runtime::timer::never);
        } else if (got != taken::one) {
            // What is shed now is closed in this turn, so the pause is short when there was
            // something.
            const bool shed = got == taken::no_descriptor && on_shortage_() != 0;
            const auto until = worker_.now() + (shed ? runtime::timer_wheel::tick : shortage_pause);
            // A listening socket never becomes writable: this is a pure pause.
            co_await socket_->until(direction::out, until);
        } else if (in_a_row % turn_share == 0) {
            co_await worker_.next_turn();
        }
    }
    socket_.reset();
}

void acceptor::stop(waiting_clients waiting) {
    if (stopping_)
        return;
    stopping_ = true;
    leaving_ = waiting == waiting_clients::left;
    // Clients whose connection the kernel has already answered must not be reset.
    while (!leaving_ && accept_one() == taken::one) {
    }
    socket_->interrupt(runtime::direction::in);
}

}  // namespace sluice::net
