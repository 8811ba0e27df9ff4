// SPDX-License-Identifier: Apache-2.0
#include "sluice/runtime/poll_set.hpp"

#include "sluice/runtime/worker.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace sluice::runtime {

watched::watched(worker& owner, int fd, sharing shared) : fd_(fd), in_(owner), out_(owner) {
    epoll_event event{};
    // EPOLLEXCLUSIVE allows no EPOLLRDHUP; a listening socket has none.
    event.events = shared == sharing::between_workers ? EPOLLIN | EPOLLET | EPOLLEXCLUSIVE
                                                      : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = this;
    registered_ = ::epoll_ctl(owner.sockets().fd(), EPOLL_CTL_ADD, fd, &event) == 0;
}

watched::~watched() {
    // A descriptor shared by several sets stays open elsewhere, so closing alone would leave it
    // registered here.
    if (registered_)
        ::epoll_ctl(owner().sockets().fd(), EPOLL_CTL_DEL, fd_, nullptr);
    ::close(fd_);
}

void watched::on_events(std::uint32_t events) noexcept {
    const bool hang_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    broken_ = broken_ || (events & (EPOLLHUP | EPOLLERR)) != 0;
    const bool in = (events & EPOLLIN) != 0 || hang_up;
    const bool out = (events & EPOLLOUT) != 0 || broken_;
    const bool in_for_out = in && std::exchange(in_wakes_both_, false);
    const bool out_for_in = out && std::exchange(out_wakes_both_, false);
    if (in || out_for_in)
        in_.raise();
    if (out || in_for_out)
        out_.raise();
    if (hang_up) {
        hung_up_ = true;
        if (hang_up_callback_ != nullptr)
            hang_up_callback_(hang_up_context_);
    }
}

poll_set::poll_set() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (fd_ < 0)
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

poll_set::~poll_set() { ::close(fd_); }

void poll_set::wait(time_point now, time_point deadline) noexcept {
    int timeout = -1;
    if (deadline != timer::never) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }
    epoll_event events[256];
    // All that is ready is seen before any deadline is judged: bytes that arrived in time are never
    // late.
    for (int count = static_cast<int>(std::size(events));
         count == static_cast<int>(std::size(events)); timeout = 0) {
        count = ::epoll_wait(fd_, events, std::size(events), timeout);
        for (int i = 0; i < count; ++i)
            static_cast<watched*>(events[i].data.ptr)->on_events(events[i].events);
    }
}

}  // namespace sluice::runtime
