// SPDX-License-Identifier: Apache-2.0
// What whoever started the process does for it: hears how it is, waits for its beats, passes
// sockets. A plain value; app/systemd makes it, app/process uses it, tests play it.
#pragma once

#include "net/owned_fd.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace sluice::app {

struct passed_socket {
    std::string name;
    net::owned_fd socket;
};

struct supervision {
    /// Gets lines as sd_notify(3) has them; absent: nobody hears. Thread: control.
    std::function<void(const std::string&)> notify;
    /// How long it waits for a beat before it ends us; 0: it waits for none.
    std::chrono::microseconds watchdog{0};
    std::vector<passed_socket> sockets;
};

}  // namespace sluice::app
