// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "sluice/runtime/gate.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>

using namespace std::chrono_literals;
using sluice::runtime::gate;
using sluice::runtime::spawn;
using sluice::runtime::task;
using sluice::runtime::wake;

namespace {

task<> wait_once(gate& on, sluice::time_point until, std::optional<wake>& why) {
    why = co_await on.until(until);
}

struct fixture {
    fake::loop loop;
    gate one{loop.worker};
    std::optional<wake> why;

    void wait(sluice::duration most) {
        why.reset();
        spawn(wait_once(one, loop.worker.now() + most, why));
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a gate that is raised wakes who waits and stays open until closed") {
    wait(1h);
    loop.settle();
    CHECK_FALSE(why);
    one.raise();
    loop.settle();
    CHECK(why == wake::ready);
    wait(1h);
    CHECK(why == wake::ready);
    one.close();
    wait(1h);
    loop.settle();
    CHECK_FALSE(why);
    one.interrupt();
    loop.settle();
}

TEST_CASE_METHOD(fixture, "a gate nobody opens lets its waiter go at the deadline") {
    wait(50ms);
    loop.advance(40ms);
    CHECK_FALSE(why);
    loop.advance(30ms);
    CHECK(why == wake::expired);
}

TEST_CASE_METHOD(fixture,
                 "an interrupted gate ends waits, later ones too, until they are resumed") {
    wait(1h);
    one.interrupt();
    loop.settle();
    CHECK(why == wake::interrupted);
    one.open();
    wait(1h);
    CHECK(why == wake::interrupted);
    one.resume_waits();
    wait(1h);
    CHECK(why == wake::ready);
}

TEST_CASE_METHOD(fixture, "raising a gate nobody waits for leaves a deadline without effect") {
    wait(50ms);
    one.raise();
    loop.settle();
    CHECK(why == wake::ready);
    one.close();
    loop.advance(100ms);
    CHECK(why == wake::ready);
}
