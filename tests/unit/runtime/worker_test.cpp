// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "sluice/runtime/asio_loop.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/worker.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <vector>

using namespace std::chrono_literals;
using sluice::runtime::asio_loop;
using sluice::runtime::event;
using sluice::runtime::spawn;
using sluice::runtime::task;
using sluice::runtime::timer;
using sluice::runtime::worker;

namespace {

task<> note_when(event& what, std::vector<int>& notes, int which) {
    co_await what;
    notes.push_back(which);
}

struct pending_timer : timer {
    explicit pending_timer(worker& of) : timer(fire), owner(of) {}
    static void fire(timer& one) noexcept { static_cast<pending_timer&>(one).owner.stop(); }
    worker& owner;
};

}  // namespace

TEST_CASE("posted work runs in the order posted, also what work posts") {
    fake::loop loop;
    std::vector<int> order;
    loop.worker.post([&] {
        order.push_back(1);
        loop.worker.post([&] { order.push_back(4); });
    });
    loop.worker.post([&] { order.push_back(2); });
    loop.worker.post([&] { order.push_back(3); });
    CHECK(order.empty());
    loop.settle();
    CHECK(order == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("a worker stops after the turn in which it was told to, and finishes that turn") {
    worker one(0);
    int ran = 0;
    one.post([&] { ++ran; });
    one.stop();
    one.post([&] { ++ran; });
    one.run();
    CHECK(ran == 2);
}

TEST_CASE("a worker that is told to stop before it runs returns at once") {
    worker one(0);
    one.stop();
    one.run();
    SUCCEED("run() returned");
}

TEST_CASE("a worker wakes for its next deadline by itself") {
    worker one(0);
    pending_timer soon(one);
    one.timers().arm(soon, one.now() + 5ms);
    one.run();
    SUCCEED("the timer stopped the loop");
}

TEST_CASE("whoever awaits an event goes on in the turn in which it is set") {
    fake::loop loop;
    event happened(loop.worker);
    std::vector<int> notes;
    spawn(note_when(happened, notes, 1));
    loop.settle();
    CHECK(notes.empty());
    happened.set();
    CHECK(notes.empty());  // never from inside set()
    loop.settle();
    CHECK(notes == std::vector<int>{1});
    spawn(note_when(happened, notes, 2));
    CHECK(notes == std::vector<int>{1, 2});  // it has happened already
    happened.clear();
    spawn(note_when(happened, notes, 3));
    loop.settle();
    CHECK(notes == std::vector<int>{1, 2});
    happened.set();
    happened.set();
    loop.settle();
    CHECK(notes == std::vector<int>{1, 2, 3});
}

TEST_CASE("Asio turns a worker when work is posted to it and when a deadline comes") {
    boost::asio::io_context context;
    worker driven(0);
    struct stop_timer : timer {
        explicit stop_timer(boost::asio::io_context& of) : timer(fire), context(of) {}
        static void fire(timer& one) noexcept { static_cast<stop_timer&>(one).context.stop(); }
        boost::asio::io_context& context;
    };
    stop_timer soon(context);
    std::vector<int> order;
    {
        const asio_loop loop(context, driven);
        driven.post([&] {
            order.push_back(1);
            driven.timers().arm(soon, driven.now() + 5ms);
        });
        context.run();
    }
    CHECK(order == std::vector<int>{1});
    CHECK(soon.expires() == timer::never);
}
