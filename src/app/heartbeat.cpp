// SPDX-License-Identifier: Apache-2.0
#include "app/heartbeat.hpp"

#include <utility>

namespace sluice::app {

heartbeat::heartbeat(runtime::worker& control, unsigned workers, ways by)
    : control_(control), ways_(std::move(by)), has_answered_(workers) {}

void heartbeat::start(std::chrono::microseconds allowed) {
    allowed_ = allowed;
    // In a turn of the loop: a timer armed there is seen by whoever drives it.
    control_.post([this] { begin(); });
}

void heartbeat::begin() {
    begun_ = control_.now();
    missing_ = static_cast<unsigned>(has_answered_.size());
    has_answered_.assign(has_answered_.size(), false);
    control_.timers().arm(due_, begun_ + allowed_ / 4);
    for (unsigned worker = 0; worker < has_answered_.size(); ++worker)
        ways_.ask(worker, [this, worker] { control_.post([this, worker] { answered(worker); }); });
}

// A round ends with its last answer and never before: who stays away keeps the next one from
// beginning.
void heartbeat::answered(unsigned worker) {
    has_answered_[worker] = true;
    if (--missing_ != 0)
        return;
    ways_.beat();
    control_.timers().arm(due_, begun_ + allowed_ / 2);
}

void heartbeat::tell_late() {
    for (unsigned worker = 0; worker < has_answered_.size(); ++worker)
        if (!has_answered_[worker])
            ways_.late(worker);
}

void heartbeat::round_timer::fired(timer& fired) noexcept {
    auto& owner = static_cast<round_timer&>(fired).owner;
    if (owner.missing_ != 0)
        owner.tell_late();
    else
        owner.begin();
}

}  // namespace sluice::app
