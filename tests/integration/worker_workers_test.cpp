// SPDX-License-Identifier: Apache-2.0
// What other threads may do with a worker; the thread sanitizer looks on.
#include "net/acceptor.hpp"
#include "sluice/runtime/worker.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

using sluice::net::connection_gate;
using sluice::runtime::worker;

TEST_CASE("work posted by many threads all runs, on the worker's thread, in each thread's order") {
    constexpr int threads = 4;
    constexpr int each = 2'000;
    worker one(0);
    std::array<int, threads> last{};
    bool in_order = true;
    bool on_its_thread = true;
    std::thread loop([&] { one.run(); });
    const auto home = loop.get_id();
    std::vector<std::thread> posters;
    for (std::size_t who = 0; who < threads; ++who)
        posters.emplace_back([&, who] {
            for (int number = 1; number <= each; ++number)
                one.post([&, who, number] {
                    in_order = in_order && last[who] + 1 == number;
                    on_its_thread = on_its_thread && std::this_thread::get_id() == home;
                    last[who] = number;
                });
        });
    for (auto& thread : posters)
        thread.join();
    one.stop();
    loop.join();
    CHECK(in_order);
    CHECK(on_its_thread);
    for (const int count : last)
        CHECK(count == each);
}

TEST_CASE("workers may post to one another and be stopped from any thread") {
    worker first(0);
    worker second(1);
    int laps = 0;
    std::function<void()> there = [&] {
        second.post(
            [&] { first.post([&] { ++laps < 500 ? there() : (second.stop(), first.stop()); }); });
    };
    first.post(there);
    std::thread other([&] { second.run(); });
    first.run();
    other.join();
    CHECK(laps == 500);
}

TEST_CASE("the count of connections never passes its limit, whoever enters and leaves") {
    connection_gate gate(10);
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 20'000; ++round)
                if (gate.enter()) {
                    // others are being turned away at this moment
                    over = over || gate.open() > 10 + 4;
                    gate.leave();
                }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK_FALSE(over);
    CHECK(gate.open() == 0);
}
