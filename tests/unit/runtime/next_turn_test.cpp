// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/task.hpp"
#include "sluice/runtime/worker.hpp"

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

namespace sluice::runtime {

namespace {

std::array<int, 2> make_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
    return ends;
}

task<> count_rounds(worker& on, unsigned rounds, unsigned& done) {
    while (done < rounds) {
        ++done;
        co_await on.next_turn();
    }
}

task<> notice_bytes(watched& socket, bool& noticed) {
    socket.set_unreadable();
    co_await socket.until(direction::in, timer::never);
    noticed = true;
}

}  // namespace

TEST_CASE("a coroutine that never waits gives way to the sockets in every turn") {
    worker loop(0);
    const auto ends = make_pair();
    {
        watched socket(loop, ends[0]);
        bool noticed = false;
        unsigned rounds = 0;
        spawn(notice_bytes(socket, noticed));
        spawn(count_rounds(loop, 3, rounds));
        CHECK(rounds == 1);
        REQUIRE(::write(ends[1], "x", 1) == 1);
        loop.turn(loop.now());
        CHECK(rounds == 2);
        CHECK(noticed);
        loop.turn(timer::never);  // does not block: there is somebody to go on with
        loop.turn(timer::never);
        CHECK(rounds == 3);
        CHECK(loop.next_deadline() == timer::never);
    }
    ::close(ends[1]);
}

TEST_CASE("a loop driven from outside is asked for another turn by who gave way") {
    worker loop(0);
    unsigned rounds = 0;
    spawn(count_rounds(loop, 1, rounds));
    CHECK(loop.next_deadline() == loop.now());
    loop.turn(timer::never);
    CHECK(loop.next_deadline() == timer::never);
}

TEST_CASE("one look at the set sees every socket that is ready, before any deadline is judged") {
    constexpr std::size_t crowd = 600;  // more than one call for events returns
    worker loop(0);
    std::vector<std::unique_ptr<watched>> sockets;
    std::vector<int> others;
    for (std::size_t i = 0; i < crowd; ++i) {
        const auto ends = make_pair();
        sockets.push_back(std::make_unique<watched>(loop, ends[0]));
        others.push_back(ends[1]);
    }
    loop.sockets().wait(loop.now(), loop.now());
    for (const auto& socket : sockets)
        CHECK(socket->writable());
    for (const int fd : others)
        ::close(fd);
}

}  // namespace sluice::runtime
