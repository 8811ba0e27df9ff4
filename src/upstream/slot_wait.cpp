// SPDX-License-Identifier: Apache-2.0
#include "upstream/slot_wait.hpp"

#include "sluice/runtime/worker.hpp"
#include "upstream/node_pool.hpp"

#include <utility>
#include <vector>

namespace sluice::upstream {

slot_wait::slot_wait(node_pool& pool, time_point deadline, duration patience) noexcept
    : timer(expire), pool_(pool), deadline_(deadline), patience_(patience) {}

slot_wait::~slot_wait() { std::erase(pool_.waiting_, this); }

void slot_wait::await_suspend(std::coroutine_handle<> waiter) noexcept {
    waiter_ = waiter;
    pool_.waiting_.push_back(this);
    pool_.worker_.timers().arm(*this, deadline_);
}

void slot_wait::expire(runtime::timer& expired) noexcept {
    static_cast<slot_wait&>(expired).finish(runtime::wake::expired);
}

void slot_wait::finish(runtime::wake why) noexcept {
    if (!waiter_)
        return;
    disarm();
    std::erase(pool_.waiting_, this);
    why_ = why;
    pool_.worker_.schedule(std::exchange(waiter_, nullptr));
}

void slot_wait::finish(const failure& why) noexcept {
    failed_ = why;
    finish(runtime::wake::ready);
}

}  // namespace sluice::upstream
