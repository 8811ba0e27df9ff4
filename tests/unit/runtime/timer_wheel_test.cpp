// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/random.hpp"
#include "sluice/runtime/timer_wheel.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

using namespace std::chrono_literals;
using sluice::time_point;
using sluice::runtime::timer;
using sluice::runtime::timer_wheel;

namespace {

constexpr time_point start{1h};

struct counted_timer : timer {
    counted_timer() : timer(fire) {}
    static void fire(timer& one) noexcept {
        auto& self = static_cast<counted_timer&>(one);
        ++self.fired;
        if (self.then)
            self.then();
    }
    int fired = 0;
    std::function<void()> then;
};

// Thousands of timers beside a list that says when each must fire.
class random_story {
public:
    explicit random_story(std::uint64_t seed) : random_(seed), entries_(300) {
        for (auto& one : entries_)
            one = std::make_unique<entry>(*this);
    }

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            for (int change = 0; change < 8; ++change)
                change_one();
            now_ += random_.next() % 16 == 0 ? 11s + milliseconds(3000) : milliseconds(120);
            wheel_.advance(now_);
            check();
        }
    }
    int fired() const { return fired_; }

private:
    struct entry : timer {
        explicit entry(random_story& of) : timer(fire), story(of) {}
        static void fire(timer& one) noexcept {
            static_cast<entry&>(one).story.on_fire(static_cast<entry&>(one));
        }
        random_story& story;
        time_point deadline = timer::never;
        time_point armed_at{};
    };

    sluice::duration milliseconds(unsigned most) {
        return std::chrono::microseconds{random_.next() % (most * 1000)};
    }

    void change_one() {
        auto& one = entries_[random_.next() % entries_.size()];
        switch (random_.next() % 8) {
        case 0:
            one->disarm();
            one->deadline = timer::never;
            break;
        case 1:
            one = std::make_unique<entry>(*this);  // also the one whose callback this is not
            break;
        case 2:
            arm(*one, now_ - milliseconds(500));
            break;
        default:
            arm(*one, now_ + milliseconds(random_.next() % 4 == 0 ? 40'000 : 2'000));
        }
    }

    void arm(entry& one, time_point when) {
        one.deadline = when;
        one.armed_at = now_;
        wheel_.arm(one, when);
    }

    void on_fire(entry& one) {
        ++fired_;
        early_ = early_ || one.deadline > now_;
        one.deadline = timer::never;
        if (random_.next() % 2 == 0)
            arm(one, now_ + milliseconds(15'000) - 100ms);
        auto& other = entries_[random_.next() % entries_.size()];
        if (other.get() != &one)
            other = std::make_unique<entry>(*this);
    }

    void check() {
        REQUIRE_FALSE(early_);
        auto earliest = timer::never;
        for (const auto& one : entries_) {
            if (one->deadline == timer::never)
                continue;
            const auto due = std::max(one->deadline, one->armed_at);
            REQUIRE(due + timer_wheel::tick > now_);
            earliest = std::min(earliest, due);
        }
        if (earliest != timer::never)
            REQUIRE(wheel_.next_due() <= earliest + timer_wheel::tick);
    }

    sluice::random_source random_;
    time_point now_ = start;
    timer_wheel wheel_{start};
    std::vector<std::unique_ptr<entry>> entries_;
    int fired_ = 0;
    bool early_ = false;
};

}  // namespace

TEST_CASE("a timer fires once, not before its deadline and within a tick after it") {
    timer_wheel wheel{start};
    counted_timer one;
    wheel.arm(one, start + 25ms);
    wheel.advance(start + 24999us);
    CHECK(one.fired == 0);
    wheel.advance(start + 29ms);
    wheel.advance(start + 30ms);
    CHECK(one.fired == 1);
    CHECK(one.expires() == timer::never);
    wheel.advance(start + 60s);
    CHECK(one.fired == 1);
}

TEST_CASE("a deadline already past fires at the next tick") {
    timer_wheel wheel{start};
    wheel.advance(start + 5s);
    counted_timer one;
    wheel.arm(one, start + 1s);
    wheel.advance(start + 5s + timer_wheel::tick);
    CHECK(one.fired == 1);
}

TEST_CASE("a later deadline moves a timer and an earlier one moves it back") {
    timer_wheel wheel{start};
    counted_timer one;
    wheel.arm(one, start + 100ms);
    wheel.arm(one, start + 500ms);
    wheel.advance(start + 400ms);
    CHECK(one.fired == 0);
    wheel.arm(one, start + 410ms);
    wheel.advance(start + 420ms);
    CHECK(one.fired == 1);
}

TEST_CASE("a disarmed timer does not fire and may be armed again") {
    timer_wheel wheel{start};
    counted_timer one;
    wheel.arm(one, start + 50ms);
    one.disarm();
    wheel.advance(start + 100ms);
    CHECK(one.fired == 0);
    wheel.arm(one, start + 150ms);
    wheel.arm(one, timer::never);
    wheel.advance(start + 200ms);
    CHECK(one.fired == 0);
    wheel.arm(one, start + 250ms);
    wheel.advance(start + 260ms);
    CHECK(one.fired == 1);
}

TEST_CASE("a deadline many turns of the wheel away comes at its time") {
    timer_wheel wheel{start};
    counted_timer one;
    wheel.arm(one, start + 1h);
    for (auto now = start; now < start + 1h; now += 700ms) {
        wheel.advance(now);
        REQUIRE(one.fired == 0);
    }
    wheel.advance(start + 1h + timer_wheel::tick);
    CHECK(one.fired == 1);
}

TEST_CASE("time that jumps by more than a turn of the wheel fires everything that is due, and "
          "nothing else") {
    timer_wheel wheel{start};
    counted_timer due[50];
    counted_timer later;
    for (int i = 0; i < 50; ++i)
        wheel.arm(due[i], start + i * 777ms);
    wheel.arm(later, start + 90s);
    wheel.advance(start + 60s);
    CHECK(std::all_of(std::begin(due), std::end(due),
                      [](const counted_timer& one) { return one.fired == 1; }));
    CHECK(later.fired == 0);
    wheel.advance(start + 91s);
    CHECK(later.fired == 1);
}

TEST_CASE("the next look is due at the earliest timer, never in an empty wheel") {
    timer_wheel wheel{start};
    CHECK(wheel.next_due() == timer::never);
    counted_timer near;
    counted_timer far;
    wheel.arm(far, start + 1h);
    CHECK(wheel.next_due() <= start + 1h);
    wheel.arm(near, start + 35ms);
    CHECK(wheel.next_due() == start + 40ms);
    wheel.advance(start + 40ms);
    near.disarm();
    CHECK(wheel.next_due() > start + 40ms);
}

TEST_CASE("a callback may destroy any timer of the same tick and arm its own again") {
    timer_wheel wheel{start};
    auto first = std::make_unique<counted_timer>();
    auto second = std::make_unique<counted_timer>();
    counted_timer again;
    int fired = 0;
    first->then = [&] { ++fired, second.reset(); };
    second->then = [&] { ++fired, first.reset(); };
    again.then = [&] {
        if (again.fired < 3)
            wheel.arm(again, start + 20ms);
    };
    wheel.arm(*first, start + 20ms);
    wheel.arm(*second, start + 20ms);
    wheel.arm(again, start + 20ms);
    wheel.advance(start + 20ms);
    CHECK(fired == 1);
    CHECK(again.fired == 1);
    wheel.advance(start + 30ms);
    wheel.advance(start + 40ms);
    CHECK(again.fired == 3);
}

TEST_CASE("a wheel that goes before its timers lets them go") {
    counted_timer one;
    {
        timer_wheel wheel{start};
        wheel.arm(one, start + 1s);
    }
    CHECK(one.fired == 0);
}

TEST_CASE("thousands of random deadlines are neither early nor more than a tick late") {
    const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{9}));
    random_story story(seed);
    story.run(2'000);
    CHECK(story.fired() > 1'000);
}
