// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "sluice/runtime/poll_set.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::runtime::direction;
using sluice::runtime::spawn;
using sluice::runtime::task;
using sluice::runtime::timer;
using sluice::runtime::wake;
using sluice::runtime::watched;

namespace {

task<> wait_once(watched& on, direction which, sluice::time_point until, std::optional<wake>& why) {
    why = co_await on.until(which, until);
}

struct fixture {
    fake::loop loop;
    fake::socket_pair pair;
    watched socket{loop.worker, pair.ours.release()};
    std::optional<wake> why;

    void wait(direction which, sluice::duration most) {
        why.reset();
        spawn(wait_once(socket, which, loop.worker.now() + most, why));
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a new socket is writable and not readable once the set was looked at") {
    CHECK(socket.registered());
    loop.settle();
    CHECK(socket.writable());
    CHECK_FALSE(socket.readable());
    CHECK_FALSE(socket.hung_up());
    CHECK_FALSE(socket.broken());
}

TEST_CASE_METHOD(fixture,
                 "bytes that arrive wake who waits, and the flag stays until it is cleared") {
    wait(direction::in, 1h);
    loop.settle();
    CHECK_FALSE(why);
    pair.theirs.send("x");
    loop.settle();
    CHECK(why == wake::ready);
    wait(direction::in, 1h);
    CHECK(why == wake::ready);  // at once: nobody said that it was read
    socket.set_unreadable();
    wait(direction::in, 1h);
    loop.settle();
    CHECK_FALSE(why);
    pair.theirs.send("y");
    loop.settle();
    CHECK(why == wake::ready);
}

TEST_CASE_METHOD(fixture, "a wait ends at its deadline and not before") {
    loop.settle();
    wait(direction::in, 2s);
    loop.advance(1999ms);
    CHECK_FALSE(why);
    loop.advance(fake::past);
    CHECK(why == wake::expired);
}

TEST_CASE_METHOD(fixture,
                 "a deadline already past ends a wait at once, unless the socket is ready") {
    loop.settle();
    wait(direction::in, -1s);
    CHECK(why == wake::expired);
    wait(direction::out, -1s);
    CHECK(why == wake::ready);
}

TEST_CASE_METHOD(fixture, "a deadline does not outlive its wait") {
    wait(direction::in, 1s);
    pair.theirs.send("x");
    loop.settle();
    REQUIRE(why == wake::ready);
    socket.set_unreadable();
    wait(direction::in, 1h);
    loop.advance(10s);
    CHECK_FALSE(why);
    socket.interrupt(direction::in);
    loop.settle();
}

TEST_CASE_METHOD(fixture, "an interrupt ends this wait and later ones until waiting is resumed") {
    wait(direction::in, 1h);
    socket.interrupt(direction::in);
    loop.settle();
    CHECK(why == wake::interrupted);
    pair.theirs.send("x");
    loop.settle();
    wait(direction::in, 1h);
    CHECK(why == wake::interrupted);  // even though there is something to read
    socket.resume_waits(direction::in);
    wait(direction::in, 1h);
    CHECK(why == wake::ready);
}

TEST_CASE_METHOD(fixture, "an interrupt of one direction leaves the other alone") {
    loop.settle();
    socket.set_unwritable();
    wait(direction::out, 1s);
    socket.interrupt(direction::in);
    loop.settle();
    CHECK_FALSE(why);
    loop.advance(1s + fake::past);
    CHECK(why == wake::expired);
}

TEST_CASE_METHOD(fixture, "the first reason a wait ended is the one it hears") {
    wait(direction::in, 1h);
    pair.theirs.send("x");
    loop.worker.sockets().wait(loop.worker.now(), loop.worker.now());
    socket.interrupt(direction::in);
    loop.settle();
    CHECK(why == wake::ready);
}

TEST_CASE_METHOD(fixture, "the end of the other side wakes a reader and is told once") {
    int told = 0;
    socket.on_hang_up([](void* count) noexcept { ++*static_cast<int*>(count); }, &told);
    wait(direction::in, 1h);
    pair.theirs.shut_write();
    loop.settle();
    CHECK(why == wake::ready);
    CHECK(socket.hung_up());
    CHECK_FALSE(socket.broken());
    CHECK(socket.readable());
    CHECK(told == 1);
}

TEST_CASE_METHOD(fixture, "a broken connection wakes both directions") {
    loop.settle();
    socket.set_unwritable();
    std::optional<wake> reader;
    std::optional<wake> writer;
    spawn(wait_once(socket, direction::in, timer::never, reader));
    spawn(wait_once(socket, direction::out, timer::never, writer));
    pair.theirs.close();
    loop.settle();
    CHECK(reader == wake::ready);
    CHECK(writer == wake::ready);
    CHECK(socket.broken());
}

TEST_CASE_METHOD(fixture, "room to write wakes a reader who must write first, once") {
    loop.settle();
    const std::string much(8 << 20, 'x');
    CHECK(::send(socket.fd(), much.data(), much.size(), MSG_NOSIGNAL) > 0);
    socket.set_unwritable();
    socket.wakes_both(direction::out);
    wait(direction::in, 1h);
    loop.settle();
    CHECK_FALSE(why);
    pair.theirs.receive();
    loop.settle();
    CHECK(why == wake::ready);
    CHECK(socket.readable());
    CHECK(socket.writable());
    socket.set_unreadable();
    wait(direction::in, 1h);
    CHECK(::send(socket.fd(), much.data(), much.size(), MSG_NOSIGNAL) > 0);
    pair.theirs.receive();
    loop.settle();
    CHECK_FALSE(why);
    socket.interrupt(direction::in);
    loop.settle();
}

TEST_CASE_METHOD(fixture, "bytes that arrive wake a writer who must read first") {
    loop.settle();
    socket.set_unwritable();
    socket.wakes_both(direction::in);
    wait(direction::out, 1h);
    loop.settle();
    CHECK_FALSE(why);
    pair.theirs.send("x");
    loop.settle();
    CHECK(why == wake::ready);
    CHECK(socket.readable());
}

TEST_CASE("a coroutine may destroy another socket that became ready in the same batch") {
    fake::loop loop;
    fake::socket_pair pairs[2];
    std::vector<std::unique_ptr<watched>> sockets;
    for (auto& one : pairs)
        sockets.push_back(std::make_unique<watched>(loop.worker, one.ours.release()));
    loop.settle();
    int woken = 0;
    const auto wait_and_destroy = [](watched& on, std::unique_ptr<watched>& victim,
                                     int& count) -> task<> {
        co_await on.until(direction::in, timer::never);
        ++count;
        victim.reset();
    };
    spawn(wait_and_destroy(*sockets[0], sockets[1], woken));
    pairs[0].theirs.send("x");
    pairs[1].theirs.send("x");
    loop.settle();
    CHECK(woken == 1);
    CHECK(sockets[1] == nullptr);
}

TEST_CASE("a descriptor the set cannot watch says so and is closed all the same") {
    fake::loop loop;
    FILE* file = ::tmpfile();
    const int fd = ::dup(::fileno(file));
    ::fclose(file);
    {
        watched refused(loop.worker, fd);
        CHECK_FALSE(refused.registered());
    }
    CHECK(::fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("a shared descriptor stays with the other set when one lets it go") {
    fake::loop loop;
    fake::socket_pair pair;
    const int copy = ::dup(pair.ours.fd());
    auto first = std::make_unique<watched>(loop.worker, pair.ours.release(),
                                           watched::sharing::between_workers);
    watched second(loop.worker, copy, watched::sharing::between_workers);
    REQUIRE(second.registered());
    loop.settle();
    first.reset();
    pair.theirs.send("x");
    loop.settle();
    CHECK(second.readable());
}
