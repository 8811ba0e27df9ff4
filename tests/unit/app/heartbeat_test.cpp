// SPDX-License-Identifier: Apache-2.0
// When there is a beat, in time that stands still between two steps; the workers are played.
#include "app/heartbeat.hpp"
#include "fake/loop.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using sluice::app::heartbeat;

namespace {

struct fixture {
    void answer(unsigned worker) {
        if (auto told = std::exchange(asked[worker], {}))
            told();
        loop.settle();
    }
    void answer_all() {
        for (unsigned worker = 0; worker < asked.size(); ++worker)
            answer(worker);
    }

    fake::loop loop;
    int beats = 0;
    std::vector<unsigned> late;
    std::vector<std::function<void()>> asked = std::vector<std::function<void()>>(2);
    heartbeat heart{loop.worker,
                    2,
                    {[this](unsigned worker, auto told) { asked.at(worker) = std::move(told); },
                     [this] { ++beats; }, [this](unsigned worker) { late.push_back(worker); }}};
};

}  // namespace

TEST_CASE("there is a beat once every loop has answered, and the next one half the time later") {
    fixture f;
    f.heart.start(20s);
    f.loop.settle();
    f.answer(0);
    CHECK(f.beats == 0);
    f.answer(1);
    CHECK(f.beats == 1);
    f.loop.advance(9s);
    CHECK_FALSE(f.asked[0]);
    f.loop.advance(1s + fake::past);
    CHECK(f.asked[0]);
    CHECK(f.beats == 1);
    f.answer_all();
    CHECK(f.beats == 2);
    CHECK(f.late.empty());
}

TEST_CASE("a loop that does not turn keeps every further beat from coming") {
    fixture f;
    f.heart.start(20s);
    f.loop.settle();
    f.answer_all();
    f.loop.advance(10s + fake::past);
    f.answer(0);
    for (int second = 0; second < 60; ++second) {
        f.loop.advance(1s);
        f.answer(0);
    }
    CHECK(f.beats == 1);
    CHECK(f.late == std::vector<unsigned>{1});
}

TEST_CASE("a loop that turns again is beaten for at once, and the rhythm goes on") {
    fixture f;
    f.heart.start(20s);
    f.loop.settle();
    f.answer(1);
    f.loop.advance(19s);
    CHECK(f.late == std::vector<unsigned>{0});
    f.answer(0);
    CHECK(f.beats == 1);
    f.loop.advance(fake::past);  // the next round is due since 9 s
    f.answer_all();
    CHECK(f.beats == 2);
    f.loop.advance(9s);
    f.answer_all();
    CHECK(f.beats == 2);
}
