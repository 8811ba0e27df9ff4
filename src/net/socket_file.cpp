// SPDX-License-Identifier: Apache-2.0
#include "net/socket_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sluice::net {

socket_file::socket_file(const std::string& path)
    : path_(path), held_(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
    if (held_.get() < 0)
        throw std::system_error(errno, std::generic_category(),
                                "cannot hold the socket file " + path);
}

void socket_file::remove() noexcept {
    const owned_fd mine(held_.release());
    struct stat bound{};
    struct stat now{};
    if (mine.get() < 0 || ::fstat(mine.get(), &bound) != 0 || ::lstat(path_.c_str(), &now) != 0)
        return;
    if (bound.st_dev == now.st_dev && bound.st_ino == now.st_ino)
        ::unlink(path_.c_str());
}

}  // namespace sluice::net
