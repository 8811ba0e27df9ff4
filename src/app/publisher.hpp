// SPDX-License-Identifier: Apache-2.0
// The one way a new table reaches the workers: takes what sources find and what a reload built,
// and publishes at once, then at most every 100 ms however fast changes come. A publisher that
// waited for quiet would never publish under constant change. Ends nodes of a former url whose time
// is over. Used by app/process.
#pragma once

#include "app/leaving_nodes.hpp"
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
    /// How long a service whose `url` changed lives on the nodes of the former one while its source
    /// says nothing: a name server that is slow or restarted costs no request, a url that leads
    /// nowhere does not hide behind the old one.
    static constexpr std::chrono::seconds carried_life{30};

    /// `first` counts as published. `workers` sizes the cells of new nodes; `control` gives the
    /// time and must outlive this.
    publisher(runtime::worker& control, shared_table first, unsigned workers, on_published);
    publisher(const publisher&) = delete;
    publisher& operator=(const publisher&) = delete;

    const shared_table& current() const noexcept { return current_; }

    /// Of several updates of one service within the distance the last one counts.
    void put(service::source_update) override;

    /// Publishes a table that was built from `built_on`, at once, by way of `pass_on`. What sources
    /// found meanwhile is put over it; they are told their services after this.
    void replace(std::shared_ptr<proxy::table> next, const shared_table& built_on,
                 const on_published& pass_on);

    /// Nodes that are in no table any more and not yet at rest.
    leaving_nodes& leaving() noexcept { return leaving_; }

private:
    struct own_timer : runtime::timer {
        own_timer(publisher& of, callback fired) noexcept : timer(fired), owner(of) {}
        publisher& owner;
    };
    void publish_when_due();
    void publish_found();
    void publish(shared_table, const on_published&);
    shared_table with_found();
    void watch_carried();
    void forget_found(const proxy::table& in);
    void end_carried();

    runtime::worker& control_;
    shared_table current_;
    unsigned workers_;
    on_published published_;
    std::unordered_map<std::string, service::source_update> found_;  // and not yet published
    bool asked_ = false;  // a letter or the timer is on its way
    time_point next_;     // the earliest moment for another table of found nodes
    own_timer due_;
    // Services on nodes of a former url, with the moment these are let go. The clock runs on over
    // reloads in between.
    std::unordered_map<std::string, time_point> carried_until_;
    own_timer carried_due_;
    leaving_nodes leaving_;
};

}  // namespace sluice::app
