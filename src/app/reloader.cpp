// SPDX-License-Identifier: Apache-2.0
#include "app/reloader.hpp"

#include "app/machine.hpp"
#include "sluice/runtime/worker.hpp"

#include <pthread.h>

#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

namespace sluice::app {

reloader::~reloader() {
    if (loader_.joinable())
        loader_.join();
}

void reloader::request(on_over told) {
    if (stopped_) {
        if (told)
            told(*stopped_);
        return;
    }
    auto& queue = under_way_ ? next_ : waiting_;
    if (told)
        queue.push_back(std::move(told));
    if (under_way_)
        again_ = true;
    else
        begin();
}

// Whatever is short while a reload is prepared, threads or memory, refuses the reload and no more.
void reloader::begin() {
    under_way_ = true;
    try {
        loader_ = std::thread([this, work = steps_.begin()] {
            pthread_setname_np(pthread_self(), "reload");
            yield_to_others();
            hand_over(result_of(work));
        });
    } catch (const std::system_error& none) {
        reloaded_settings nothing;
        nothing.failed = none.what();
        hand_over(std::move(nothing));
    }
}

reloaded_settings reloader::result_of(const loading& work) {
    try {
        return work();
    } catch (const std::exception& failed) {
        reloaded_settings nothing;
        nothing.failed = failed.what();
        return nothing;
    }
}

void reloader::hand_over(reloaded_settings result) {
    control_.post([this, result = std::make_shared<reloaded_settings>(std::move(result))] {
        loaded(std::move(*result));
    });
}

void reloader::loaded(reloaded_settings result) {
    if (loader_.joinable())
        loader_.join();
    under_way_ = false;
    if (stopped_)
        return;
    const auto report = steps_.apply(std::move(result));
    auto waited = std::exchange(waiting_, std::exchange(next_, {}));
    if (std::exchange(again_, false))
        begin();
    tell(waited, report);
}

void reloader::stop(const std::string& why) {
    if (!stopped_)
        stopped_ = {false, std::chrono::system_clock::now(), {why}};
    tell(waiting_, *stopped_);
    tell(next_, *stopped_);
}

void reloader::tell(std::vector<on_over>& who, const admin::reload_report& report) {
    for (auto& one : std::exchange(who, {}))
        one(report);
}

}  // namespace sluice::app
