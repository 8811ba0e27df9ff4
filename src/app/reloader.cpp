// SPDX-License-Identifier: Apache-2.0
#include "app/reloader.hpp"

#include "app/machine.hpp"
#include "sluice/runtime/worker.hpp"

#include <pthread.h>

#include <chrono>
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
    auto& queue = loader_.joinable() ? next_ : waiting_;
    if (told)
        queue.push_back(std::move(told));
    if (loader_.joinable())
        again_ = true;
    else
        begin();
}

void reloader::begin() {
    loader_ = std::thread([this, work = steps_.begin()] {
        pthread_setname_np(pthread_self(), "reload");
        yield_to_others();
        auto result = std::make_shared<reloaded_settings>(work());
        control_.post([this, result] { loaded(std::move(*result)); });
    });
}

void reloader::loaded(reloaded_settings result) {
    loader_.join();
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
