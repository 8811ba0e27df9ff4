// SPDX-License-Identifier: Apache-2.0
#include "app/systemd.hpp"

#include "sluice/telemetry/log.hpp"

#include <pthread.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
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

// What is still to be told, shared with the thread that tells it.
struct unsent {
    std::mutex guard;
    std::condition_variable changed;
    std::deque<std::string> lines;
    bool is_telling = false;
    bool is_over = false;
};

// One that cannot be told is told of once: what is lost is a word to an operator, or, with beats,
// soon this process.
void tell(const std::string& lines, bool& has_failed) {
    const int sent = sd_notify(0, lines.c_str());
    if (sent < 0 && !std::exchange(has_failed, true))
        telemetry::log_warn("cannot notify systemd: {}", std::generic_category().message(-sent));
}

void tell_all(const std::shared_ptr<unsent>& all) {
    bool has_failed = false;
    std::unique_lock lock(all->guard);
    for (;;) {
        all->changed.wait(lock, [&] { return !all->lines.empty() || all->is_over; });
        if (all->lines.empty())
            return;
        const auto next = std::move(all->lines.front());
        all->lines.pop_front();
        all->is_telling = true;
        lock.unlock();
        tell(next, has_failed);
        lock.lock();
        all->is_telling = false;
        all->changed.notify_all();
    }
}

// sd_notify(3) blocks while nobody reads at the other side. A PID 1 that stands still must not stop
// reloads, drains and the admin API, so a thread of its own waits there.
class notifier {
public:
    notifier() {
        std::thread thread([all = all_] { tell_all(all); });
        ::pthread_setname_np(thread.native_handle(), "notify");
        thread.detach();  // it may wait for ever
    }
    notifier(const notifier&) = delete;
    notifier& operator=(const notifier&) = delete;
    ~notifier() {
        constexpr std::chrono::seconds patience{1};
        std::unique_lock lock(all_->guard);
        all_->is_over = true;
        all_->changed.notify_all();
        all_->changed.wait_for(lock, patience,
                               [&] { return all_->lines.empty() && !all_->is_telling; });
    }

    void put(const std::string& lines) {
        constexpr std::size_t most = 64;
        const std::lock_guard lock(all_->guard);
        if (all_->lines.size() == most)
            return;
        all_->lines.push_back(lines);
        all_->changed.notify_all();
    }

private:
    std::shared_ptr<unsent> all_ = std::make_shared<unsent>();
};

}  // namespace

supervision supervision_by_systemd() {
    supervision by;
    by.sockets = take_sockets();
    if (std::getenv("NOTIFY_SOCKET") != nullptr)
        by.notify = [to = std::make_shared<notifier>()](const std::string& lines) {
            to->put(lines);
        };
    std::uint64_t allowed = 0;
    if (by.notify && sd_watchdog_enabled(0, &allowed) > 0)
        by.watchdog = std::chrono::microseconds(allowed);
    return by;
}

}  // namespace sluice::app
