// SPDX-License-Identifier: Apache-2.0
#include "telemetry/line_output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

namespace sluice::telemetry {
namespace {

constexpr auto poll_interval = std::chrono::milliseconds{100};  ///< how soon hurry() is noticed

std::int64_t now() noexcept {
    return std::chrono::nanoseconds{std::chrono::steady_clock::now().time_since_epoch()}.count();
}

std::uint64_t lines_in(std::string_view text) noexcept {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

int open_log_file(const std::string& path) {
    // Not blocking, or opening a named pipe without a reader would hang the start.
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    if (descriptor < 0)
        throw std::system_error(errno, std::generic_category(), "cannot open the log " + path);
    return descriptor;
}

line_output::line_output(int descriptor, ownership who) noexcept
    : descriptor_(descriptor), ownership_(who),
      deadline_(std::numeric_limits<std::int64_t>::max()) {
    look_at_descriptor();
}

line_output::~line_output() {
    adopt_replacement();
    let_go();
}

void line_output::let_go() noexcept {
    if (ownership_ == ownership::owned && descriptor_ >= 0)
        ::close(descriptor_);
}

void line_output::look_at_descriptor() noexcept {
    struct stat facts{};
    blocks_ = ::fstat(descriptor_, &facts) == 0 && !S_ISREG(facts.st_mode);
}

void line_output::replace(int descriptor) noexcept {
    if (const int unused = replacement_.exchange(descriptor); unused >= 0)
        ::close(unused);
}

void line_output::adopt_replacement() noexcept {
    const int next = replacement_.exchange(no_replacement);
    if (next == no_replacement)
        return;
    let_go();
    descriptor_ = next;
    ownership_ = ownership::owned;
    torn_ = false;
    look_at_descriptor();
}

void line_output::hurry(std::chrono::milliseconds grace) noexcept {
    deadline_ = now() + std::chrono::nanoseconds{grace}.count();
}

bool line_output::wait_for_room() noexcept {
    for (;;) {
        const bool late = now() >= deadline_;
        pollfd one{descriptor_, POLLOUT, 0};
        if (::poll(&one, 1, late ? 0 : static_cast<int>(poll_interval.count())) > 0)
            return true;
        if (late)
            return false;
    }
}

int line_output::write_piece(std::string_view& left) noexcept {
    while (!left.empty()) {
        std::size_t size = left.size();
        if (blocks_) {
            // A ready pipe has room for PIPE_BUF bytes; more could block where hurry() cannot
            // reach.
            size = std::min<std::size_t>(size, PIPE_BUF);
            if (!wait_for_room())
                return ETIMEDOUT;
        }
        const ssize_t written = ::write(descriptor_, left.data(), size);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN)
                return errno;
            if (!wait_for_room())
                return ETIMEDOUT;
            continue;
        }
        if (written == 0)
            return EIO;
        torn_ = left[static_cast<std::size_t>(written) - 1] != '\n';
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

int line_output::write(line_pieces pieces) noexcept {
    if (replacement_ >= 0)
        adopt_replacement();
    if (descriptor_ < 0)
        return 0;
    int error = 0;
    if (torn_) {
        std::string_view end = "\n";
        error = write_piece(end);
    }
    for (auto& piece : pieces)
        if (error == 0)
            error = write_piece(piece);
    if (error != 0)
        dropped_.fetch_add(lines_in(pieces[0]) + lines_in(pieces[1]), std::memory_order_relaxed);
    return error;
}

}  // namespace sluice::telemetry
