// SPDX-License-Identifier: Apache-2.0
// A descriptor that closes itself: what binding holds until an acceptor takes over.
#pragma once

#include <unistd.h>

#include <utility>

namespace sluice::net {

class owned_fd {
public:
    explicit owned_fd(int fd) noexcept : fd_(fd) {}
    owned_fd(owned_fd&& other) noexcept : fd_(other.release()) {}
    owned_fd& operator=(owned_fd&&) = delete;
    ~owned_fd() {
        if (fd_ >= 0)
            ::close(fd_);
    }

    int get() const noexcept { return fd_; }
    /// Hands the descriptor over; from then on there is none here.
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_;
};

}  // namespace sluice::net
