// SPDX-License-Identifier: Apache-2.0
// The far end of a connection under test: plain non-blocking calls on a descriptor, no loop.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fake {

class socket {
public:
    socket() = default;
    explicit socket(int fd) noexcept : fd_(fd) {}
    socket(socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    socket& operator=(socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~socket() { close(); }

    explicit operator bool() const noexcept { return fd_ >= 0; }
    int fd() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }
    void close() noexcept {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }
    /// Closes so that the other side sees a reset (TCP), not an orderly end.
    void reset() noexcept {
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }
    void shut_write() noexcept { ::shutdown(fd_, SHUT_WR); }

    /// Sends all of it, or as much as the kernel takes; says how much.
    std::size_t send(std::string_view bytes) noexcept {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto put =
                ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (put <= 0)
                break;
            sent += static_cast<std::size_t>(put);
        }
        return sent;
    }
    /// Everything that has arrived, at most about `most` bytes. at_end() tells whether the end came
    /// too.
    std::string receive(std::size_t most = std::string::npos) {
        std::string all;
        char piece[16384];
        while (all.size() < most) {
            const auto got = ::recv(fd_, piece, sizeof piece, MSG_DONTWAIT);
            if (got > 0) {
                all.append(piece, static_cast<std::size_t>(got));
                continue;
            }
            at_end_ = got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
            was_reset_ = got < 0 && errno == ECONNRESET;
            break;
        }
        return all;
    }
    bool at_end() const noexcept { return at_end_; }
    bool was_reset() const noexcept { return was_reset_; }

private:
    int fd_ = -1;
    bool at_end_ = false;
    bool was_reset_ = false;
};

/// Two ends of a Unix stream: a real connection without a port.
struct socket_pair {
    socket_pair() {
        int fds[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
            throw std::runtime_error("socketpair failed");
        ours = socket(fds[0]);
        theirs = socket(fds[1]);
    }
    socket ours;    ///< handed to the code under test
    socket theirs;  ///< kept by the test
};

/// The same over TCP on loopback, for what only TCP does: resets.
struct tcp_pair {
    tcp_pair() {
        socket listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        auto* const where = reinterpret_cast<sockaddr*>(&at);
        ours = socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(listening.fd(), where, size) != 0 || ::listen(listening.fd(), 1) != 0 ||
            ::getsockname(listening.fd(), where, &size) != 0 ||
            ::connect(ours.fd(), where, size) != 0)
            throw std::runtime_error("no connection on loopback");
        theirs = socket(::accept4(listening.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        ::fcntl(ours.fd(), F_SETFL, O_NONBLOCK);
    }
    socket ours;    ///< handed to the code under test
    socket theirs;  ///< kept by the test
};

}  // namespace fake
