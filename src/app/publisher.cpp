// SPDX-License-Identifier: Apache-2.0
#include "app/publisher.hpp"

#include "app/build_table.hpp"
#include "sluice/runtime/worker.hpp"
#include "sluice/telemetry/log.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::app {

publisher::publisher(runtime::worker& control, shared_table first, unsigned workers,
                     on_published published)
    : control_(control), current_(std::move(first)), workers_(workers),
      published_(std::move(published)), next_(control.now()),
      due_(*this,
           [](runtime::timer& fired) noexcept {
               static_cast<own_timer&>(fired).owner.publish_found();
           }),
      carried_due_(*this, [](runtime::timer& fired) noexcept {
          static_cast<own_timer&>(fired).owner.end_carried();
      }) {}

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

// Null when it is what everybody has.
publisher::shared_table publisher::with_found() {
    std::vector<service::source_update> updates;
    for (auto& [name, update] : std::exchange(found_, {}))
        updates.push_back(std::move(update));
    return with_nodes(*current_, updates, workers_);
}

void publisher::publish_found() {
    asked_ = false;
    if (auto next = with_found()) {
        next_ = control_.now() + least_distance;
        publish(std::move(next), published_);
        forget_found(*current_);
    }
}

// Whoever was found under its new settings has all the time again at the next change.
void publisher::forget_found(const proxy::table& in) {
    std::erase_if(carried_until_,
                  [&](const auto& one) { return !in.services[in.places->at(one.first)]->carried; });
}

void publisher::replace(std::shared_ptr<proxy::table> next, const shared_table& built_on,
                        const on_published& pass_on) {
    // What waits to be published was found for the settings of before, and is taken as such.
    const auto found = with_found();
    const auto& latest = found ? found : current_;
    forget_found(*latest);
    if (latest != built_on)
        take_found_nodes(*next, *latest, workers_);
    next->generation = current_->generation + 1;
    publish(std::move(next), pass_on);
    watch_carried();
}

void publisher::publish(shared_table next, const on_published& pass_on) {
    leaving_.note(*current_, *next);
    current_ = std::move(next);
    pass_on(current_);
}

// Only a reload makes services live on former nodes.
void publisher::watch_carried() {
    const auto before = std::exchange(carried_until_, {});
    auto first = runtime::timer::never;
    for (const auto& one : current_->services) {
        if (!one->carried)
            continue;
        const auto known = before.find(one->settings.name);
        const auto until = known != before.end() ? known->second : control_.now() + carried_life;
        carried_until_.emplace(one->settings.name, until);
        first = std::min(first, until);
    }
    carried_due_.disarm();
    if (first != runtime::timer::never)
        control_.timers().arm(carried_due_, first);
}

void publisher::end_carried() {
    std::vector<service::source_update> over;
    for (const auto& [name, until] : carried_until_) {
        const auto& one = current_->services[current_->places->at(name)];
        if (!one->carried || until > control_.now())
            continue;
        telemetry::log_warn("{}: nothing was found for its new url in {} s; the nodes of the "
                            "former one are let go",
                            name, carried_life.count());
        over.push_back({name, {}});
    }
    if (auto next = with_nodes(*current_, over, workers_))
        publish(std::move(next), published_);
    watch_carried();
}

}  // namespace sluice::app
