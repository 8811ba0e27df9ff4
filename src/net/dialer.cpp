// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/dialer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::net {

std::unique_ptr<stream> start_dial(runtime::worker& owner, const address& target) {
    const int family = target.is_unix() ? AF_UNIX : target.is_v6() ? AF_INET6 : AF_INET;
    const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return nullptr;
    if (!target.is_unix()) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    sockaddr_storage raw{};
    const auto size = target.to_sockaddr(raw);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&raw), size) != 0 && errno != EINPROGRESS) {
        ::close(fd);
        return nullptr;
    }
    // Registered only now: before connect() the set would report a hang-up.
    auto dialled = std::make_unique<stream>(owner, fd);
    return dialled->socket().registered() ? std::move(dialled) : nullptr;
}

int dial_error(const stream& dialled) noexcept {
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(dialled.socket().fd(), SOL_SOCKET, SO_ERROR, &code, &size) != 0)
        return errno;
    return code;
}

// Fails on a Unix socket, which needs none.
void give_up_after(const stream& connected, std::chrono::milliseconds silence) noexcept {
    const auto most = static_cast<unsigned>(silence.count());
    ::setsockopt(connected.socket().fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof most);
}

}  // namespace sluice::net
