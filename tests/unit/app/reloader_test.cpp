// SPDX-License-Identifier: Apache-2.0
// One reload at a time, and one more when somebody asked meanwhile.
#include "app/reloader.hpp"
#include "fake/loop.hpp"

#include <catch2/catch.hpp>

#include <new>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>

using sluice::admin::reload_report;
using sluice::app::reloader;

namespace {

struct fixture {
    /// Lets the loading under way end, and everything that follows happen.
    void finish_loading() {
        may_end.release();
        const auto before = applied;
        while (applied == before)
            loop.settle();
    }

    fake::loop loop;
    int begun = 0;
    int applied = 0;
    int told = 0;
    std::optional<reload_report> last;
    std::counting_semaphore<> may_end{0};
    reloader::on_over count = [this](const reload_report& how) {
        ++told;
        last = how;
    };
    reloader reloads{loop.worker,
                     {[this] {
                          ++begun;
                          return [this] {
                              may_end.acquire();
                              return sluice::app::reloaded_settings{};
                          };
                      },
                      [this](sluice::app::reloaded_settings) {
                          ++applied;
                          return reload_report{true, {}, {std::to_string(applied)}};
                      }}};
};

}  // namespace

TEST_CASE("who asks is told once, when what was loaded is in use") {
    fixture f;
    f.reloads.request(f.count);
    CHECK(f.begun == 1);
    CHECK(f.told == 0);
    f.finish_loading();
    CHECK(f.told == 1);
    CHECK(f.last->problems == std::vector<std::string>{"1"});
    f.reloads.request({});
    f.finish_loading();
    CHECK(f.begun == 2);
    CHECK(f.told == 1);
}

TEST_CASE("whatever is asked during a loading is one more loading after it") {
    fixture f;
    f.reloads.request(f.count);
    for (int i = 0; i < 5; ++i)
        f.reloads.request(f.count);
    CHECK(f.begun == 1);
    f.finish_loading();
    CHECK(f.told == 1);
    CHECK(f.begun == 2);
    f.finish_loading();
    CHECK(f.told == 6);
    CHECK(f.last->problems == std::vector<std::string>{"2"});
    CHECK(f.begun == 2);
}

TEST_CASE("once stopped, nothing is applied and everybody is told") {
    fixture f;
    f.reloads.request(f.count);
    f.reloads.request(f.count);
    f.reloads.stop("the gateway is stopping");
    CHECK(f.told == 2);
    CHECK_FALSE(f.last->ok);
    f.reloads.request(f.count);
    CHECK(f.told == 3);
    f.may_end.release();
    f.loop.settle();
    CHECK(f.applied == 0);
}

TEST_CASE("a loading that runs out of something is a reload that failed, and the next one runs") {
    fake::loop loop;
    std::optional<std::string> failed;
    bool short_of_memory = true;
    reloader reloads{loop.worker,
                     {[&] {
                          return [&]() -> sluice::app::reloaded_settings {
                              if (std::exchange(short_of_memory, false))
                                  throw std::bad_alloc();
                              return {};
                          };
                      },
                      [&](sluice::app::reloaded_settings result) {
                          failed = result.failed;
                          return reload_report{};
                      }}};
    for (const auto* expected : {"std::bad_alloc", ""}) {
        failed.reset();
        reloads.request({});
        while (!failed)
            loop.settle();
        CHECK(*failed == expected);
    }
}
