// SPDX-License-Identifier: Apache-2.0
// The one way a new table reaches the workers: takes what sources find and what a reload built,
// and publishes at once, then at most every 100 ms however fast changes come. A publisher that
// waited for quiet would never publish under constant change. Used by app/process.
#pragma once

#include "proxy/table.hpp"
#include "sluice/runtime/timer_wheel.hpp"
#include "sluice/service/source.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace sluice::runtime {
class worker;
}  // namespace sluice::runtime

namespace sluice::app {

/// Thread: control, all of it.
class publisher final : public service::source_sink {
public:
    using shared_table = std::shared_ptr<const proxy::table>;
    /// Passes a new table on to every worker.
    using on_published = std::function<void(const shared_table&)>;

    static constexpr std::chrono::milliseconds least_distance{100};

    /// `first` counts as published. `workers` sizes the cells of new nodes; `control` gives the
    /// time and must outlive this.
    publisher(runtime::worker& control, shared_table first, unsigned workers, on_published);
    publisher(const publisher&) = delete;
    publisher& operator=(const publisher&) = delete;

    const shared_table& current() const noexcept { return current_; }

    /// Of several updates of one service within the distance the last one counts.
    void put(service::source_update) override;

    /// Publishes a table that was built from `built_on`, at once. What sources found meanwhile is
    /// put over it.
    void replace(std::shared_ptr<proxy::table> next, const shared_table& built_on);

private:
    struct due_timer : runtime::timer {
        explicit due_timer(publisher& of) noexcept : timer(fired), owner(of) {}
        static void fired(runtime::timer&) noexcept;
        publisher& owner;
    };
    void publish_when_due();
    void publish_found();
    void publish(shared_table);

    runtime::worker& control_;
    shared_table current_;
    unsigned workers_;
    on_published published_;
    std::unordered_map<std::string, service::source_update> found_;  // and not yet published
    bool asked_ = false;  // a letter or the timer is on its way
    time_point next_;     // the earliest moment for another table of found nodes
    due_timer due_;
};

}  // namespace sluice::app
