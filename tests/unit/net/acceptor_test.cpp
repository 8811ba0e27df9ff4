// SPDX-License-Identifier: Apache-2.0
// Binding and accepting on loopback ports of the kernel's choice, and on Unix sockets in a folder
// of the test's own.
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "net/acceptor.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using sluice::net::acceptor;
using sluice::net::address;
using sluice::net::bind_listener;
using sluice::net::bound_listener;
using sluice::net::connection_gate;

namespace {

const auto loopback = *address::parse("127.0.0.1:0");

struct open_listener : bound_listener {
    explicit open_listener(const std::string& where, unsigned workers = 1)
        : bound_listener(bind_listener(*address::parse(where), workers)) {}
};

fake::socket connect_to(const address& where) {
    sockaddr_storage raw{};
    const auto size = where.to_sockaddr(raw);
    fake::socket made(::socket(raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(made.fd(), reinterpret_cast<sockaddr*>(&raw), size) != 0 && errno != EINPROGRESS)
        made.close();
    return made;
}

std::string refusal_of(const std::string& where, unsigned workers = 1) {
    try {
        const open_listener second(where, workers);
    } catch (const std::system_error& refused) {
        return refused.what();
    }
    return "bound";
}

/// A Unix socket bound, and not listened on, by somebody else.
fake::socket bind_raw(const std::string& path) {
    fake::socket made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage raw{};
    const auto size = address::parse("unix:" + path)->to_sockaddr(raw);
    REQUIRE(::bind(made.fd(), reinterpret_cast<sockaddr*>(&raw), size) == 0);
    return made;
}

/// As systemd opens one for `ListenStream=80`.
bound_listener of_both_families() {
    fake::socket made(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int off = 0;
    REQUIRE(::setsockopt(made.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0);
    sockaddr_storage raw{};
    const auto size = address::parse("[::]:0")->to_sockaddr(raw);
    REQUIRE(::bind(made.fd(), reinterpret_cast<sockaddr*>(&raw), size) == 0);
    REQUIRE(::listen(made.fd(), 8) == 0);
    return sluice::net::share_listener(made.fd(), 1);
}

/// The number the next descriptor would get: all below it are in use.
int next_descriptor() {
    fake::socket probe(::dup(0));
    return probe.fd();
}

struct folder {
    folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "sluice-net-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~folder() { std::filesystem::remove_all(path); }
    std::string path;
};

struct accepting {
    explicit accepting(std::size_t limit = 100, std::size_t threshold = acceptor::no_threshold,
                       bound_listener listening = bind_listener(loopback, 1))
        : listener(std::move(listening)), gate(limit),
          one(
              loop.worker, descriptor, listener.bound, gate, threshold,
              [this](int fd, const address& from) { accepted.emplace_back(fd), client = from; },
              [this] { return ++shortages, shed; }) {
        sluice::runtime::spawn(one.run());
    }
    ~accepting() {
        // The accept loop ends when its queue is empty, which a full gate or spent descriptors put
        // off.
        one.stop();
        for (int round = 0; round < 100 && !one.closed(); ++round) {
            clients.clear();
            accepted.clear();
            while (gate.open() != 0)
                gate.leave();
            loop.advance(100ms + fake::past);
        }
    }
    void connect(int count) {
        for (int i = 0; i < count; ++i)
            clients.push_back(connect_to(listener.bound));
        loop.settle();
    }

    fake::loop loop;
    bound_listener listener;
    int descriptor = listener.descriptors[0].release();
    connection_gate gate;
    std::vector<fake::socket> accepted;
    std::vector<fake::socket> clients;
    address client;
    int shortages = 0;
    std::size_t shed = 0;
    acceptor one;
};

}  // namespace

TEST_CASE("port 0 is bound to a port of the kernel's choice, which all workers share") {
    const std::string where = GENERATE("127.0.0.1:0", "[::1]:0");
    const open_listener both(where, 2);
    REQUIRE(both.descriptors.size() == 2);
    CHECK(both.bound.port() != 0);
    CHECK(both.bound.is_v6() == (where[0] == '['));
    for (const auto& fd : both.descriptors) {
        sockaddr_storage raw{};
        socklen_t size = sizeof raw;
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&raw), &size);
        CHECK(address::from(raw) == both.bound);
    }
}

TEST_CASE("a port that is taken is refused although its holder shares it among workers, and the "
          "holder is named") {
    const open_listener first("127.0.0.1:0", 2);
    const auto words = refusal_of(first.bound.to_string());
    CHECK(words.find("cannot bind " + first.bound.to_string()) != std::string::npos);
    CHECK(words.find("held by ") != std::string::npos);
    CHECK(words.find("(pid " + std::to_string(::getpid()) + ")") != std::string::npos);
}

TEST_CASE("the same port may be bound for IPv4 and IPv6") {
    const open_listener four("0.0.0.0:0");
    CHECK(refusal_of("[::]:" + std::to_string(four.bound.port())) == "bound");
}

TEST_CASE("a Unix socket is shared by duplicates, its stale file is replaced, a live one and other "
          "files are left alone") {
    const folder mine;
    const auto path = mine.path + "/s.sock";
    const auto where = "unix:" + path;
    {
        const open_listener first(where, 3);
        CHECK(first.descriptors.size() == 3);
        CHECK(connect_to(first.bound));
        CHECK(refusal_of(where).find("cannot bind " + where) != std::string::npos);
        CHECK(connect_to(first.bound));  // still there after the refusal
    }
    CHECK_FALSE(std::filesystem::exists(path));
    bind_raw(path).close();
    CHECK(std::filesystem::exists(path));  // as a crash leaves it
    CHECK(refusal_of(where) == "bound");
    ::fclose(::fopen(path.c_str(), "w"));
    CHECK(refusal_of(where) != "bound");
    CHECK(std::filesystem::is_regular_file(path));
}

TEST_CASE(
    "a socket whose owner hangs with a full queue is in use, and asking does not hang either") {
    const folder mine;
    const auto path = mine.path + "/s.sock";
    const auto owner = bind_raw(path);
    REQUIRE(::listen(owner.fd(), 0) == 0);
    const auto where = *address::parse("unix:" + path);
    std::vector<fake::socket> waiting;
    do
        waiting.push_back(connect_to(where));
    while (waiting.back());
    CHECK(refusal_of("unix:" + path).find("cannot bind unix:" + path) != std::string::npos);
    CHECK(std::filesystem::exists(path));
}

TEST_CASE(
    "a Unix socket that cannot be shared by all workers is refused, and nothing of it stays") {
    const folder mine;
    const auto path = mine.path + "/s.sock";
    const auto next = next_descriptor();
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    for (const auto& [room, said] : {std::pair{1, "cannot hold the socket file " + path},
                                     std::pair{2, "cannot duplicate the socket of unix:" + path}}) {
        rlimit little = before;
        little.rlim_cur = static_cast<rlim_t>(next + room);
        ::setrlimit(RLIMIT_NOFILE, &little);
        const auto words = refusal_of("unix:" + path, 3);
        ::setrlimit(RLIMIT_NOFILE, &before);
        CHECK(words.find(said) != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(path));
        CHECK(next_descriptor() == next);
    }
}

TEST_CASE("a Unix socket's file is removed only while it is the one that was bound") {
    const folder mine;
    const auto path = mine.path + "/s.sock";
    // closed: its inode's number may be given to the next file
    for (const bool closed_first : {false, true}) {
        open_listener first("unix:" + path);
        if (closed_first)
            first.descriptors.clear();
        std::filesystem::remove(path);
        const auto other = bind_raw(path);
        first.file.remove();
        CHECK(std::filesystem::exists(path));
        std::filesystem::remove(path);
    }
}

TEST_CASE("what waits is accepted, without blocking, with the client's address") {
    accepting all;
    all.connect(3);
    CHECK(all.accepted.size() == 3);
    CHECK(all.gate.open() == 3);
    CHECK(all.client.ip() == "127.0.0.1");
    CHECK((::fcntl(all.accepted[0].fd(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("an IPv4 client of a socket for both families has its IPv4 address") {
    accepting all(100, acceptor::no_threshold, of_both_families());
    const auto port = all.listener.bound.port();
    for (const std::string ip : {"127.0.0.1", "::1"}) {
        all.clients.push_back(connect_to(address::parse(ip, "0")->with_port(port)));
        all.loop.settle();
        CHECK(all.client.ip() == ip);
    }
}

TEST_CASE("above the limit of connections accepting pauses, and goes on when one has left") {
    accepting all(2);
    all.connect(4);
    CHECK(all.accepted.size() == 2);
    all.loop.advance(1s);
    CHECK(all.accepted.size() == 2);
    CHECK(all.shortages == 0);  // descriptors are not what is missing
    all.gate.leave();
    all.loop.settle();
    CHECK(all.accepted.size() == 2);  // looked at after a pause, not at every turn
    all.loop.advance(100ms + fake::past);
    CHECK(all.accepted.size() == 3);
}

TEST_CASE("in the reserve of descriptors accepting pauses and asks for idle connections to be "
          "closed, without spinning") {
    fake::socket probe(::dup(0));
    const auto next = static_cast<std::size_t>(probe.fd());
    probe.close();
    // The loop and the listener take some first; every connection takes two here.
    accepting all(100, next + 14);
    all.connect(20);
    const auto taken = all.accepted.size();
    CHECK(taken > 0);
    CHECK(taken < 20);
    CHECK(all.shortages == 1);  // once for the whole settle(), not at every turn
    all.loop.advance(1s);
    CHECK(all.shortages == 2);
    CHECK(all.accepted.size() == taken);
    all.clients.clear();
    all.accepted.clear();
    all.loop.advance(100ms + fake::past);
    CHECK(all.accepted.size() > 0);
}

TEST_CASE("without a descriptor left accepting pauses too") {
    accepting all;
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    auto waiting = connect_to(all.listener.bound);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(waiting.fd()) + 1;
    ::setrlimit(RLIMIT_NOFILE, &none);
    all.loop.settle();
    const auto during = all.accepted.size();
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(during == 0);
    CHECK(all.shortages == 1);
    CHECK(all.gate.open() == 0);
    all.loop.advance(100ms + fake::past);
    CHECK(all.accepted.size() == 1);
}

TEST_CASE("a stop takes what waits in the queue, and whoever comes later is refused") {
    accepting all;
    for (int i = 0; i < 5; ++i)
        all.clients.push_back(connect_to(all.listener.bound));
    all.one.stop();
    CHECK(all.accepted.size() == 5);
    all.loop.settle();
    auto late = connect_to(all.listener.bound);
    late.receive();
    CHECK(late.at_end());
}

TEST_CASE("a stop that leaves the queue takes nobody, and another holder of the socket does") {
    accepting a;
    const fake::socket held(::fcntl(a.descriptor, F_DUPFD_CLOEXEC, 3));
    REQUIRE(held);
    a.clients.push_back(connect_to(a.listener.bound));
    a.one.stop(sluice::net::waiting_clients::left);
    a.loop.settle();
    CHECK(a.one.closed());
    CHECK(a.accepted.empty());
    auto next = sluice::net::share_listener(held.fd(), 1);
    CHECK(next.bound == a.listener.bound);
    const fake::socket taken(::accept(next.descriptors[0].get(), nullptr, nullptr));
    CHECK(taken);
}
