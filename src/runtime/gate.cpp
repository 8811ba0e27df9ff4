// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/gate.hpp"

#include "sluice/runtime/worker.hpp"

#include <utility>

namespace sluice::runtime {

void gate::finish(wake why) noexcept {
    disarm();
    why_ = why;
    worker_->schedule(std::exchange(waiter_, nullptr));
}

void gate::expire(timer& expired) noexcept {
    auto& late = static_cast<gate&>(expired);
    if (late.waiter_)
        late.finish(wake::expired);
}

void gate::raise() noexcept {
    open_ = true;
    if (waiter_)
        finish(wake::ready);
}

void gate::interrupt() noexcept {
    interrupted_ = true;
    if (waiter_)
        finish(wake::interrupted);
}

bool readiness::await_ready() noexcept {
    if (gate_.interrupted_) {
        gate_.why_ = wake::interrupted;
        return true;
    }
    gate_.why_ = wake::ready;
    if (gate_.open_)
        return true;
    // A deadline already past ends the wait here: a byte every few milliseconds would always come
    // before the next tick.
    gate_.why_ = wake::expired;
    return deadline_ <= gate_.worker_->now();
}

void readiness::await_suspend(std::coroutine_handle<> waiter) noexcept {
    gate_.waiter_ = waiter;
    gate_.worker_->timers().arm(gate_, deadline_);
}

}  // namespace sluice::runtime
