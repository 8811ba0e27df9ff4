// SPDX-License-Identifier: Apache-2.0
#include "app/systemd.hpp"

#include "sluice/telemetry/log.hpp"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <system_error>
#include <utility>

namespace sluice::app {

namespace {

// How libsystemd's functions end: a negative number is an errno.
int checked(int result, const char* what) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), what);
    return result;
}

std::vector<passed_socket> take_sockets() {
    char** names = nullptr;
    // Marks them close-on-exec, and removes the variables: no child of ours has these sockets.
    const int count = checked(sd_listen_fds_with_names(1, &names),
                              "cannot take over the sockets that were passed (LISTEN_FDS)");
    std::vector<passed_socket> all;
    for (int at = 0; at < count; ++at) {
        all.push_back({names[at], net::owned_fd(SD_LISTEN_FDS_START + at)});
        std::free(names[at]);
    }
    std::free(names);
    return all;
}

// One that cannot be told is told of once: what is lost is a word to an operator, or, with beats,
// soon this process.
std::function<void(const std::string&)> notifier() {
    if (std::getenv("NOTIFY_SOCKET") == nullptr)
        return {};
    return [has_failed = false](const std::string& lines) mutable {
        const int sent = sd_notify(0, lines.c_str());
        if (sent < 0 && !std::exchange(has_failed, true))
            telemetry::log_warn("cannot notify systemd: {}",
                                std::generic_category().message(-sent));
    };
}

}  // namespace

supervision supervision_by_systemd() {
    supervision by;
    by.sockets = take_sockets();
    by.notify = notifier();
    std::uint64_t allowed = 0;
    if (by.notify && sd_watchdog_enabled(0, &allowed) > 0)
        by.watchdog = std::chrono::microseconds(allowed);
    return by;
}

}  // namespace sluice::app
