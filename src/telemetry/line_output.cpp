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
    const bool known = ::fstat(descriptor_, &facts) == 0;
    blocks_ = known && !S_ISREG(facts.st_mode);
    takes_back_ = known && S_ISREG(facts.st_mode) && ownership_ == ownership::owned &&
                  (::fcntl(descriptor_, F_GETFL) & O_APPEND) != 0;
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
    half_ = 0;
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
        const auto done = left.substr(0, static_cast<std::size_t>(written));
        const auto newline = done.rfind('\n');
        half_ = newline == done.npos ? half_ + done.size() : done.size() - newline - 1;
        left.remove_prefix(done.size());
    }
    return 0;
}

// A full disk takes as much of a line as fits, and half a JSON object is none. Only while it is the
// file's end: after a write at the end the position is where it stopped, and it differs from the
// size once somebody else has written.
void line_output::take_back_half() noexcept {
    if (half_ == 0 || !takes_back_)
        return;
    const auto end = ::lseek(descriptor_, 0, SEEK_CUR);
    const auto half = static_cast<off_t>(half_);
    struct stat facts{};
    if (::fstat(descriptor_, &facts) == 0 && facts.st_size == end && end >= half &&
        ::ftruncate(descriptor_, end - half) == 0)
        half_ = 0;
}

int line_output::write(line_pieces pieces) noexcept {
    if (replacement_ >= 0)
        adopt_replacement();
    if (descriptor_ < 0)
        return 0;
    int error = 0;
    if (half_ != 0) {
        std::string_view end = "\n";
        error = write_piece(end);
    }
    for (auto& piece : pieces)
        if (error == 0)
            error = write_piece(piece);
    if (error != 0) {
        dropped_.fetch_add(lines_in(pieces[0]) + lines_in(pieces[1]), std::memory_order_relaxed);
        take_back_half();
    }
    return error;
}

}  // namespace sluice::telemetry
