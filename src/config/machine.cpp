// SPDX-License-Identifier: Apache-2.0
// The disk and the environment as a configuration sees them. Reads only, and never waits for a pipe
// nobody writes to.
#include "sluice/config/load.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sluice::config {

namespace {

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const noexcept { return fd_; }

private:
    int fd_;
};

std::optional<std::string> read_whole(const std::string& path, std::size_t most,
                                      std::string& error) {
    const auto fail = [&](std::string why) {
        error = std::move(why);
        return std::nullopt;
    };
    if (path.find('\0') != std::string::npos)
        return fail("the name holds a NUL byte");
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat facts;
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0)
        return fail(std::strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return fail("it is not a regular file");
    std::string text;
    char room[64 * 1024];
    for (;;) {
        const auto count = ::read(file.get(), room, sizeof room);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(std::strerror(errno));
        if (count == 0)
            return text;
        text.append(room, static_cast<std::size_t>(count));
        if (text.size() > most)
            return fail("it is larger than " + std::to_string(most) + " bytes");
    }
}

std::vector<std::string> match_files(const std::string& pattern) {
    std::vector<std::string> found;
    glob_t matches{};
    if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0)
        found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
    ::globfree(&matches);
    return found;
}

std::string real_path(const std::string& path) {
    char* const resolved = ::realpath(path.c_str(), nullptr);
    if (!resolved)
        return path;
    std::string found(resolved);
    std::free(resolved);
    return found;
}

}  // namespace

surroundings machine() {
    return {read_whole, match_files, real_path, [](const std::string& name) {
                const char* const found = std::getenv(name.c_str());
                return found ? std::optional<std::string>(found) : std::nullopt;
            }};
}

}  // namespace sluice::config
