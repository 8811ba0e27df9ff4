// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice::runtime {

timer::~timer() {
    if (link_ != nullptr)
        wheel_->unlink(*this);
}

timer_wheel::~timer_wheel() {
    for (timer* first : slots_)
        while (first != nullptr)
            unlink(*std::exchange(first, first->next_));
}

std::uint64_t timer_wheel::tick_of(time_point when) const noexcept {
    // Rounded up: a deadline never fires early.
    return when <= start_ ? 0
                          : static_cast<std::uint64_t>((when - start_ + tick - duration{1}) / tick);
}

void timer_wheel::link(timer& one, std::uint64_t due) noexcept {
    due = std::clamp(due, current_ + 1, current_ + slots - 1);
    const auto slot = due % slots;
    one.due_tick_ = due;
    one.wheel_ = this;
    one.next_ = slots_[slot];
    if (one.next_ != nullptr)
        one.next_->link_ = &one.next_;
    slots_[slot] = &one;
    one.link_ = &slots_[slot];
    occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void timer_wheel::unlink(timer& one) noexcept {
    *one.link_ = one.next_;
    if (one.next_ != nullptr)
        one.next_->link_ = one.link_;
    one.link_ = nullptr;
    one.next_ = nullptr;
}

void timer_wheel::arm(timer& one, time_point when) noexcept {
    one.expires_ = when;
    if (when == timer::never)
        return;
    const auto due = tick_of(when);
    if (one.link_ != nullptr) {
        if (one.due_tick_ <= due)
            return;  // the wheel comes by earlier and moves it then
        unlink(one);
    }
    link(one, due);
}

void timer_wheel::advance(time_point now) noexcept {
    const auto target = now <= start_ ? 0 : static_cast<std::uint64_t>((now - start_) / tick);
    if (target <= current_)
        return;
    const auto first = current_ + 1;
    const auto last = std::min(target, current_ + slots);
    current_ = target;
    for (auto at = first; at <= last; ++at) {
        const auto slot = at % slots;
        occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
        timer* chain = std::exchange(slots_[slot], nullptr);
        if (chain != nullptr)
            chain->link_ = &chain;  // callbacks may destroy any timer still in the chain
        while (chain != nullptr) {
            timer& one = *chain;
            unlink(one);
            if (one.expires_ == timer::never)
                continue;
            if (one.expires_ > now) {
                link(one, tick_of(one.expires_));
                continue;
            }
            one.expires_ = timer::never;
            one.fire_(one);
        }
    }
}

time_point timer_wheel::next_due() const noexcept {
    const auto first = (current_ + 1) % slots;
    for (std::size_t step = 0; step <= occupied_.size(); ++step) {
        const auto word = (first / 64 + step) % occupied_.size();
        auto bits = occupied_[word];
        if (step == 0)
            bits &= ~std::uint64_t{0} << (first % 64);
        if (bits != 0) {
            const auto slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            const auto distance = (slot + slots - first) % slots;
            return start_ + tick * static_cast<std::int64_t>(current_ + 1 + distance);
        }
    }
    return timer::never;
}

}  // namespace sluice::runtime
