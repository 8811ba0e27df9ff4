// SPDX-License-Identifier: Apache-2.0
// The floor of every measurement: bytes copied between a client and one upstream connection,
// edge-triggered, one read and one write a side, no HTTP at all. What it costs is the kernel's
// price; scripts/bench.sh runs it beside the rest.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

struct pair;

/// One socket of a pair: what was read from it and could not be written to the other yet stays in
/// `bytes`.
struct side {
    int descriptor = -1;
    side* other = nullptr;
    pair* owner = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::array<char, 16 * 1024> bytes{};
};

struct pair {
    side client;
    side upstream;
    bool over = false;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return where;
}

void no_delay(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void watch(int set, side& one) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &one;
    ::epoll_ctl(set, EPOLL_CTL_ADD, one.descriptor, &event);
}

/// Moves bytes from one side to the other until one of them would block. A short read means the
/// socket is empty: asking again would be a system call for nothing.
void pump(side& from) {
    for (;;) {
        while (from.begin < from.end) {
            const auto sent = ::send(from.other->descriptor, from.bytes.data() + from.begin,
                                     from.end - from.begin, MSG_NOSIGNAL);
            if (sent < 0) {
                from.owner->over = from.owner->over || (errno != EAGAIN && errno != ENOTCONN);
                return;
            }
            from.begin += static_cast<std::size_t>(sent);
        }
        const auto got = ::recv(from.descriptor, from.bytes.data(), from.bytes.size(), 0);
        if (got <= 0) {
            from.owner->over =
                from.owner->over || got == 0 || (errno != EAGAIN && errno != ENOTCONN);
            return;
        }
        from.begin = 0;
        from.end = static_cast<std::size_t>(got);
        const auto sent = ::send(from.other->descriptor, from.bytes.data(), from.end, MSG_NOSIGNAL);
        from.begin = sent > 0 ? static_cast<std::size_t>(sent) : 0;
        if (from.begin == from.end && from.end < from.bytes.size()) {
            return;
        }
    }
}

void accept_all(int set, int listener, const sockaddr_in& upstream) {
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            return;
        }
        auto* one = new pair;
        one->client = {client, &one->upstream, one};
        one->upstream = {::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                         &one->client, one};
        no_delay(client);
        no_delay(one->upstream.descriptor);
        ::connect(one->upstream.descriptor, reinterpret_cast<const sockaddr*>(&upstream),
                  sizeof upstream);
        watch(set, one->upstream);
        watch(set, one->client);
    }
}

void serve(side& one, std::uint32_t events, std::vector<pair*>& over) {
    pair& both = *one.owner;
    if (both.over) {
        return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP)) {
        pump(one);
    }
    if ((events & EPOLLOUT) && one.other->begin < one.other->end) {
        pump(*one.other);
    }
    both.over = both.over || (events & (EPOLLERR | EPOLLHUP));
    if (both.over) {
        over.push_back(&both);
    }
}

int listen_on(std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto where = loopback(port);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
        ::listen(listener, 4096) != 0) {
        std::perror("relay: listen");
        std::exit(1);
    }
    return listener;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fputs("usage: relay LISTEN_PORT UPSTREAM_PORT (both on 127.0.0.1)\n", stderr);
        return 64;
    }
    const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(arguments[1])));
    const auto upstream = loopback(static_cast<std::uint16_t>(std::atoi(arguments[2])));
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(set, EPOLL_CTL_ADD, listener,
                &event);  // its data stays null: that is how it is told from a side

    std::array<epoll_event, 512> ready{};
    std::vector<pair*> over;
    for (;;) {
        const int got = ::epoll_wait(set, ready.data(), static_cast<int>(ready.size()), -1);
        for (const auto& one :
             std::span{ready.data(), static_cast<std::size_t>(got < 0 ? 0 : got)}) {
            if (one.data.ptr == nullptr) {
                accept_all(set, listener, upstream);
            } else {
                serve(*static_cast<side*>(one.data.ptr), one.events, over);
            }
        }
        for (pair* one : over) {  // only now: another event of this round may still name it
            ::close(one->client.descriptor);
            ::close(one->upstream.descriptor);
            delete one;
        }
        over.clear();
    }
}
