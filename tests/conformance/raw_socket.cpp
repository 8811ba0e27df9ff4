// SPDX-License-Identifier: Apache-2.0
#include "raw_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice::conformance {

namespace {

sockaddr_in loopback(std::uint16_t port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void check(int result, const char* what) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

raw_socket::raw_socket(raw_socket&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}

raw_socket& raw_socket::operator=(raw_socket&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
}

raw_socket raw_socket::connect(std::uint16_t port) {
    raw_socket one{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto address = loopback(port);
    check(::connect(one.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect");
    const int on = 1;
    ::setsockopt(one.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return one;
}

raw_socket raw_socket::bind() {
    raw_socket one{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto address = loopback(0);
    check(::bind(one.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    return one;
}

void raw_socket::listen() { check(::listen(fd_, 128), "listen"); }

std::uint16_t raw_socket::port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return ntohs(address.sin_port);
}

bool raw_socket::send(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

received raw_socket::receive(std::string& into, std::chrono::milliseconds limit) noexcept {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0)
        return received::nothing;
    char block[65536];
    const auto got = ::recv(fd_, block, sizeof block, 0);
    if (got < 0)
        return received::reset;
    into.append(block, static_cast<std::size_t>(got));
    return got == 0 ? received::end : received::bytes;
}

void raw_socket::shut_write() noexcept { ::shutdown(fd_, SHUT_WR); }

void raw_socket::close() noexcept {
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

void raw_socket::reset() noexcept {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

}  // namespace sluice::conformance
