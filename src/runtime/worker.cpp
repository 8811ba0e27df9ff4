// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/worker.hpp"

#include "sluice/runtime/task.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice::runtime {

namespace {

int make_event_descriptor() {
    const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), "eventfd");
    return fd;
}

// Turns shorter than this make no deadline late.
constexpr std::chrono::milliseconds long_turn{50};

}  // namespace

// Work from other threads, announced by an eventfd in the worker's own set.
class worker::mailbox {
public:
    explicit mailbox(worker& owner) : bell_(owner, make_event_descriptor()) {}

    void put(std::function<void()> work) {
        {
            const std::lock_guard lock(guard_);
            letters_.push_back(std::move(work));
        }
        const std::uint64_t one = 1;
        // Fails only when the counter is full, and then the bell has long been rung.
        [[maybe_unused]] const auto written = ::write(bell_.fd(), &one, sizeof one);
    }

    void read() {
        if (!bell_.readable())
            return;
        bell_.set_unreadable();
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(bell_.fd(), &count, sizeof count);
        std::vector<std::function<void()>> letters;
        {
            const std::lock_guard lock(guard_);
            letters.swap(letters_);
        }
        for (auto& work : letters)
            work();
    }

private:
    watched bell_;
    std::mutex guard_;
    std::vector<std::function<void()>> letters_;
};

worker::worker(unsigned index, clock_source clock)
    : index_(index), clock_(clock), now_(clock()), timers_(now_),
      mail_(std::make_unique<mailbox>(*this)) {}

worker::~worker() = default;

void worker::post(std::function<void()> work) { mail_->put(std::move(work)); }

void worker::stop() {
    post([this] { stopped_ = true; });
}

void worker::run() {
    while (!stopped_)
        turn(timer::never);
}

void worker::turn(time_point until) {
    ready_.insert(ready_.end(), next_.begin(), next_.end());
    next_.clear();
    sockets_.wait(now_, ready_.empty() ? wait_end(std::min(until, timers_.next_due())) : now_);
    now_ = clock_();
    timers_.advance(now_);
    mail_->read();
    run_ready();
}

// How long to sleep for `due` is reckoned from the begin of the turn before, which may be long ago
// by now. Far from the deadline the clock is not asked: the loop wakes early, once, and then
// reckons from a turn that did nothing. A busy loop never sleeps that long.
time_point worker::wait_end(time_point due) {
    if (due == timer::never || due <= now_)
        return due;
    if (due - now_ > 2 * long_turn)
        return due - long_turn;
    now_ = clock_();
    return due;
}

void worker::run_ready() {
    // By index: what runs may schedule more, which runs in the same turn.
    for (std::size_t at = 0; at < ready_.size(); ++at)
        ready_[at].resume();
    ready_.clear();
}

}  // namespace sluice::runtime
