// SPDX-License-Identifier: Apache-2.0
// The file a Unix socket left in the file system when it was bound. It outlives the socket, and
// left behind it looks like a gateway that does not answer; but by the time it is to go another
// process may have bound its own in its place.
#pragma once

#include "net/owned_fd.hpp"

#include <string>

namespace sluice::net {

class socket_file {
public:
    socket_file() noexcept : held_(-1) {}  ///< no file
    /// The file that stands at `path` now. Throws std::system_error when it cannot be held.
    explicit socket_file(const std::string& path);
    socket_file(socket_file&&) noexcept = default;
    socket_file& operator=(socket_file&&) = delete;
    ~socket_file() { remove(); }

    /// Unlinks the file if it is still the same one. Called again: nothing.
    void remove() noexcept;

private:
    std::string path_;
    // an inode's number is given out again once it is free, so it is kept from being free
    owned_fd held_;
};

}  // namespace sluice::net
