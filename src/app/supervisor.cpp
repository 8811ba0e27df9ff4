// SPDX-License-Identifier: Apache-2.0
#include "app/supervisor.hpp"

#include "sluice/base/clock.hpp"

#include <algorithm>
#include <utility>

namespace sluice::app {

namespace {

constexpr std::size_t longest_status = 500;

// A line end would begin an assignment of its own, and file names may hold one.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(line, [](unsigned char one) { return one < ' ' || one == 0x7f; }, ' ');
    if (line.size() <= longest_status)
        return line;
    auto end = longest_status;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80)  // inside a character
        --end;
    return line.substr(0, end) + "...";
}

}  // namespace

void supervisor::send(std::string lines, std::string_view status) {
    if (!send_)
        return;
    if (auto line = one_line(status); line != status_) {
        lines += "\nSTATUS=" + line;
        status_ = std::move(line);
    }
    send_(lines);
}

void supervisor::ready(std::string_view status) { send("READY=1", status); }

void supervisor::reloading() {
    using std::chrono::microseconds;
    const auto now = std::chrono::duration_cast<microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    // Of CLOCK_MONOTONIC, which is the steady clock here.
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()), "reloading");
}

void supervisor::stopping(std::string_view status, std::chrono::microseconds at_most) {
    send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(at_most.count()), status);
}

void supervisor::beat(std::string_view status) { send("WATCHDOG=1", status); }

}  // namespace sluice::app
