// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/task.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using sluice::runtime::give_frame;
using sluice::runtime::spawn;
using sluice::runtime::take_frame;
using sluice::runtime::task;

namespace {

// Suspends until the test resumes it.
struct gate {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> who) noexcept { waiter = who; }
    void await_resume() const noexcept {}
    void open() { std::exchange(waiter, nullptr).resume(); }
    std::coroutine_handle<> waiter;
};

task<int> number(int which) { co_return which; }
task<std::unique_ptr<std::string>> moved_text() {
    co_return std::make_unique<std::string>("moved");
}
task<int> thrown() {
    throw std::runtime_error("no number");
    co_return 0;
}
task<int> sum_after(gate& opening) {
    co_await opening;
    const int first = co_await number(40);
    co_return first + co_await number(2);
}
task<> store(task<int> from, int& to) { to = co_await from; }
task<> store_text(std::string& to) { to = *co_await moved_text(); }
task<> store_error(std::string& to) {
    try {
        co_await thrown();
    } catch (const std::exception& caught) {
        to = caught.what();
    }
}
task<> fail_alone(std::vector<int>& steps) {
    steps.push_back(1);
    co_await thrown();
    steps.push_back(2);
}

}  // namespace

TEST_CASE("a task starts when awaited and hands its value over") {
    int got = 0;
    auto waiting = store(number(7), got);
    CHECK(got == 0);
    spawn(std::move(waiting));
    CHECK(got == 7);
    std::string text;
    spawn(store_text(text));
    CHECK(text == "moved");
}

TEST_CASE("a task that waits goes on where it stopped") {
    gate opening;
    int got = 0;
    spawn(store(sum_after(opening), got));
    CHECK(got == 0);
    opening.open();
    CHECK(got == 42);
}

TEST_CASE("an exception comes out where the task is awaited") {
    std::string what;
    spawn(store_error(what));
    CHECK(what == "no number");
}

TEST_CASE("an exception nobody catches ends its own root task alone") {
    std::vector<int> steps;
    spawn(fail_alone(steps));
    int got = 0;
    spawn(store(number(3), got));
    CHECK(steps == std::vector<int>{1});
    CHECK(got == 3);
}

TEST_CASE("a task that is never awaited leaves nothing behind") {
    int got = 0;
    {
        auto dropped = store(number(1), got);
    }
    CHECK(got == 0);
}

TEST_CASE("a frame given back is the next one taken of its size") {
    void* small = take_frame(100);
    give_frame(small, 100);
    CHECK(take_frame(120) == small);  // of the same 64-byte class
    void* other = take_frame(200);
    CHECK(other != small);
    give_frame(small, 120);
    give_frame(other, 200);
}

TEST_CASE("frames beyond the kept sizes and numbers go back to the heap") {
    give_frame(take_frame(1 << 20), 1 << 20);
    std::vector<void*> many;
    for (int i = 0; i < 3'000; ++i)
        many.push_back(take_frame(64));
    for (void* one : many)
        give_frame(one, 64);
    void* again = take_frame(64);
    CHECK(again == many[1023]);  // the last of the thousand-and-some that were kept
    give_frame(again, 64);
}
