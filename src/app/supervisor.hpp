// SPDX-License-Identifier: Apache-2.0
// Words of app/process to whoever started it, in the lines of sd_notify(3). Knows the protocol, not
// how it is sent.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::app {

/// Thread: control. A `status` is shown to operators: it becomes one line of UTF-8 of bounded length.
class supervisor {
public:
    using sender = std::function<void(const std::string& lines)>;
    /// Without a sender nothing is said.
    explicit supervisor(sender send) : send_(std::move(send)) {}

    /// Serving: at the start, and again after each reload.
    void ready(std::string_view status);
    /// A reload begins; ready() ends it, whatever became of it.
    void reloading();
    /// The drain begins and may last as long as that, whatever patience was configured there.
    void stopping(std::string_view status, std::chrono::microseconds at_most);
    /// All is well; the status goes along when it is another one.
    void beat(std::string_view status);

private:
    void send(std::string lines, std::string_view status);

    sender send_;
    std::string status_;  // as it was sent last
};

}  // namespace sluice::app
