// SPDX-License-Identifier: Apache-2.0
// Reading a configuration anew while everything runs on: on a thread of its own and of low
// priority, one at a time, and once more when somebody asked meanwhile. Who makes the result true
// is app/process.
#pragma once

#include "app/load_settings.hpp"
#include "app/publisher.hpp"
#include "sluice/admin/control.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sluice::runtime {
class worker;
}  // namespace sluice::runtime

namespace sluice::app {

/// A configuration that was read: with problems, or with the table made of it.
struct reloaded_settings {
    loaded_settings loaded;
    std::shared_ptr<proxy::table> table;  ///< null when the settings are not good
    publisher::shared_table built_on;
    std::vector<std::string> differences;
    std::string failed;  ///< why nothing could be read at all: no memory, no thread
};

/// Thread: control, but for `load`.
class reloader {
public:
    using on_over = std::function<void(const admin::reload_report&)>;
    using loading = std::function<reloaded_settings()>;

    struct steps {
        /// Asked on the control thread for the work of the loading thread.
        std::function<loading()> begin;
        /// Back on the control thread: makes it true, or says why not.
        std::function<admin::reload_report(reloaded_settings)> apply;
    };

    reloader(runtime::worker& control, steps what) : control_(control), steps_(std::move(what)) {}
    /// Waits for a loading that is under way; who was to be told was told by stop().
    ~reloader();
    reloader(const reloader&) = delete;
    reloader& operator=(const reloader&) = delete;

    /// Begins now, or after the one under way: a file that changed during a loading may not have
    /// been seen by it. `told` may be empty.
    void request(on_over told);
    /// Nothing is applied any more, and whoever waits is told so.
    void stop(const std::string& why);
    bool is_loading() const noexcept { return under_way_; }

private:
    void begin();
    static reloaded_settings result_of(const loading&);
    void hand_over(reloaded_settings);
    void loaded(reloaded_settings);
    static void tell(std::vector<on_over>&, const admin::reload_report&);

    runtime::worker& control_;
    steps steps_;
    std::thread loader_;
    std::vector<on_over> waiting_;  // for the loading under way
    std::vector<on_over> next_;     // for the one after it
    bool under_way_ = false;
    bool again_ = false;
    std::optional<admin::reload_report> stopped_;
};

}  // namespace sluice::app
