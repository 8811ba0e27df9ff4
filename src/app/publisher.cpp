// SPDX-License-Identifier: Apache-2.0
#include "app/publisher.hpp"

#include "app/build_table.hpp"
#include "sluice/runtime/worker.hpp"

#include <utility>
#include <vector>

namespace sluice::app {

publisher::publisher(runtime::worker& control, shared_table first, unsigned workers,
                     on_published published)
    : control_(control), current_(std::move(first)), workers_(workers),
      published_(std::move(published)), next_(control.now()), due_(*this) {}

void publisher::put(service::source_update update) {
    auto name = update.service;
    found_.insert_or_assign(std::move(name), std::move(update));
    if (std::exchange(asked_, true))
        return;
    // In a turn of the loop's own: what else a source finds now comes along, and a timer armed
    // there is seen by whoever drives the loop.
    control_.post([this] { publish_when_due(); });
}

void publisher::publish_when_due() {
    if (control_.now() >= next_)
        publish_found();
    else
        control_.timers().arm(due_, next_);
}

void publisher::due_timer::fired(runtime::timer& fired) noexcept {
    static_cast<due_timer&>(fired).owner.publish_found();
}

void publisher::publish_found() {
    asked_ = false;
    std::vector<service::source_update> updates;
    for (auto& [name, update] : std::exchange(found_, {}))
        updates.push_back(std::move(update));
    if (auto next = with_nodes(*current_, updates, workers_)) {
        next_ = control_.now() + least_distance;
        publish(std::move(next));
    }
}

void publisher::replace(std::shared_ptr<proxy::table> next, const shared_table& built_on) {
    if (current_ != built_on)
        take_found_nodes(*next, *current_, workers_);
    next->generation = current_->generation + 1;
    publish(std::move(next));
}

void publisher::publish(shared_table next) {
    current_ = std::move(next);
    published_(current_);
}

}  // namespace sluice::app
