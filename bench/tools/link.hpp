// SPDX-License-Identifier: Apache-2.0
// A non-blocking socket of the bench, plain or TLS, and the edge-triggered set that tells when to
// try again. Sockets are registered once, so a tool costs little beside what it measures.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace bench {

inline std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

[[noreturn]] inline void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

struct ssl_free {
    void operator()(SSL* one) const { SSL_free(one); }
    void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
    void operator()(SSL_SESSION* one) const { SSL_SESSION_free(one); }
};
using ssl_ptr = std::unique_ptr<SSL, ssl_free>;
using context_ptr = std::unique_ptr<SSL_CTX, ssl_free>;
using session_ptr = std::unique_ptr<SSL_SESSION, ssl_free>;

/// TLS 1.3, one suite, and one group wherever the other side has it: every proxy does the same
/// arithmetic.
inline context_ptr make_context(const SSL_METHOD* method) {
    context_ptr context{SSL_CTX_new(method)};
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set1_groups_list(context.get(), "X25519:P-256");
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

inline context_ptr make_client_context() {
    context_ptr context = make_context(TLS_client_method());
    // We close only what the other side has closed: nobody would read our close_notify. And one
    // that ends without its own loses us no session.
    SSL_CTX_set_quiet_shutdown(context.get(), 1);
    SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    return context;
}

/// What a call moved; `again` and `over` are no counts.
using moved = std::int64_t;
constexpr moved again = -1;
constexpr moved over = -2;

class link {
public:
    link() = default;
    link(int descriptor, ssl_ptr tls) : descriptor_{descriptor}, tls_{std::move(tls)} {
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (tls_)
            SSL_set_fd(tls_.get(), descriptor_);
    }
    link(link&& from) noexcept
        : descriptor_{std::exchange(from.descriptor_, -1)}, tls_{std::move(from.tls_)} {}
    link& operator=(link&& from) noexcept {
        std::swap(descriptor_, from.descriptor_);
        std::swap(tls_, from.tls_);
        return *this;
    }
    link(const link&) = delete;
    link& operator=(const link&) = delete;
    ~link() { close(); }

    moved read(std::span<char> into) {
        if (tls_) {
            ERR_clear_error();  // SSL_get_error would take an older one for this call's
            const int got = SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()));
            return got > 0 ? got : tls_trouble(got);
        }
        const auto got = ::recv(descriptor_, into.data(), into.size(), 0);
        return got > 0 ? got : (got < 0 && waiting() ? again : over);
    }

    moved write(std::string_view bytes) {
        if (tls_) {
            ERR_clear_error();
            const int sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
            return sent > 0 ? sent : tls_trouble(sent);
        }
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent >= 0 ? sent : (waiting() ? again : over);
    }

    /// After a read of `got` into `room`: whether the socket is known to be empty.
    [[nodiscard]] bool drained(moved got, std::size_t room) const {
        return !tls_ && static_cast<std::size_t>(got) < room;
    }

    void close() {
        if (tls_) {
            // Without it OpenSSL holds the session for broken and resumes it no more.
            SSL_shutdown(tls_.get());
            tls_.reset();
        }
        if (descriptor_ >= 0)
            ::close(std::exchange(descriptor_, -1));
    }

    [[nodiscard]] bool open() const { return descriptor_ >= 0; }
    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] SSL* tls() const { return tls_.get(); }

private:
    static bool waiting() { return errno == EAGAIN || errno == ENOTCONN || errno == EINTR; }

    moved tls_trouble(int result) {
        const int why = SSL_get_error(tls_.get(), result);
        const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ||
                           (why == SSL_ERROR_SYSCALL && errno == ENOTCONN);
        return waits ? again : over;
    }

    int descriptor_ = -1;
    ssl_ptr tls_;
};

inline sockaddr_in loopback(std::uint16_t port, std::uint32_t nth = 0) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK + nth);
    return where;
}

/// `from`: the address of ours; 0 leaves it to the kernel. One address has ports for less than
/// 30,000 connections, those lately closed among them.
inline int begin_connecting(std::uint16_t port, std::uint32_t from = 0) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0)
        give_up("socket");
    if (from != 0) {
        const int on = 1;
        ::setsockopt(made, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        const auto ours = loopback(0, from);
        ::bind(made, reinterpret_cast<const sockaddr*>(&ours), sizeof ours);
    }
    const auto where = loopback(port);
    if (::connect(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 &&
        errno != EINPROGRESS)
        give_up("connect");
    return made;
}

class poll_set {
public:
    void add(int descriptor, void* whose) {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        event.data.ptr = whose;
        if (::epoll_ctl(set_, EPOLL_CTL_ADD, descriptor, &event) != 0)
            give_up("epoll_ctl");
    }

    /// Negative: without end.
    std::span<const epoll_event> wait(std::int64_t nanoseconds) {
        timespec most{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
        const int got = ::epoll_pwait2(set_, ready_.data(), static_cast<int>(ready_.size()),
                                       nanoseconds < 0 ? nullptr : &most, nullptr);
        return {ready_.data(), static_cast<std::size_t>(std::max(got, 0))};
    }

private:
    int set_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::array<epoll_event, 256> ready_{};
};

}  // namespace bench
