// SPDX-License-Identifier: Apache-2.0
// One coroutine waits until another says something happened. Thread: one worker's.
#pragma once

#include "sluice/runtime/worker.hpp"

#include <coroutine>
#include <utility>

namespace sluice::runtime {

class event {
public:
    explicit event(worker& owner) noexcept : worker_(owner) {}

    void set() {
        happened_ = true;
        if (waiter_)
            worker_.schedule(std::exchange(waiter_, nullptr));
    }
    void clear() noexcept { happened_ = false; }

    bool await_ready() const noexcept { return happened_; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
    void await_resume() const noexcept {}

private:
    worker& worker_;
    std::coroutine_handle<> waiter_;
    bool happened_ = false;
};

}  // namespace sluice::runtime
