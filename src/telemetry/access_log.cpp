// SPDX-License-Identifier: Apache-2.0
// The rings of the workers and the thread that empties them into the file. What a line says is
// access_line's, what happens on a full disk is line_output's.
#include "sluice/telemetry/access_log.hpp"

#include "sluice/telemetry/log.hpp"
#include "telemetry/access_line.hpp"
#include "telemetry/line_output.hpp"
#include "telemetry/line_ring.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <vector>

namespace sluice::telemetry {
namespace {

constexpr std::size_t ring_size = 1024 * 1024;
static_assert(ring_size > access_line::longest);

/// Lines of a busy log are gathered this long before they are written: one system call for many.
constexpr std::chrono::milliseconds gather_time{10};
constexpr std::chrono::milliseconds no_end{-1};        ///< of a wait, as poll() says it
constexpr std::chrono::milliseconds last_grace{1000};  ///< for a slow reader, at the end

/// What one worker writes with.
struct lane {
    explicit lane(line_format format) : line(format), ring(ring_size) {}
    access_line line;
    line_ring ring;
};

/// Sleeps until a worker rings. A worker rings only for a writer that sleeps, so a busy log makes
/// no system calls.
class bell {
public:
    bell() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (descriptor_ < 0)
            throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    ~bell() { ::close(descriptor_); }
    bell(const bell&) = delete;
    bell& operator=(const bell&) = delete;

    enum class sleep : int { awake, gathering, parked };

    /// Announces the sleep; the caller then looks once more for work before it waits.
    void announce(sleep kind) noexcept { sleep_.store(kind); }
    sleep announced() const noexcept { return sleep_.load(); }

    void wait(std::chrono::milliseconds most) noexcept {
        pollfd one{descriptor_, POLLIN, 0};
        ::poll(&one, 1, static_cast<int>(most.count()));
        std::uint64_t rung = 0;
        [[maybe_unused]] const auto got = ::read(descriptor_, &rung, sizeof rung);
        sleep_.store(sleep::awake);
    }
    void ring() noexcept {
        if (sleep_.exchange(sleep::awake) == sleep::awake)
            return;
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto put = ::write(descriptor_, &one, sizeof one);
    }

private:
    int descriptor_;
    std::atomic<sleep> sleep_{sleep::awake};
};

bool is_file(const std::string& path) { return path != "stdout" && path != "stderr"; }

int descriptor_of(const std::string& path) {
    if (path == "stdout")
        return STDOUT_FILENO;
    if (path == "stderr")
        return STDERR_FILENO;
    return open_log_file(path);
}

std::string reason_of(int error) { return std::generic_category().message(error); }

}  // namespace

struct access_log::state {
    state(const access_log_settings& settings, unsigned threads)
        : path(settings.path),
          output(descriptor_of(path),
                 is_file(path) ? line_output::ownership::owned : line_output::ownership::borrowed) {
        lanes.reserve(threads);
        for (unsigned i = 0; i < threads; ++i)
            lanes.push_back(std::make_unique<lane>(settings.format));
        writer = std::thread([this] { run(); });
    }
    ~state() {
        output.hurry(last_grace);
        stopping = true;
        doorbell.ring();
        writer.join();
    }

    void run() noexcept;
    bool write_queued() noexcept;
    bool anything_queued() const noexcept;
    void note(int error) noexcept;

    std::string path;
    line_output output;
    std::vector<std::unique_ptr<lane>> lanes;
    bell doorbell;
    std::atomic<bool> stopping{false};
    bool failing = false;  ///< the last write dropped lines; said once, not per line
    std::thread writer;
};

bool access_log::state::anything_queued() const noexcept {
    for (const auto& one : lanes)
        if (!one->ring.queued()[0].empty())
            return true;
    return false;
}

bool access_log::state::write_queued() noexcept {
    bool any = false;
    for (const auto& one : lanes) {
        const line_pieces lines = one->ring.queued();
        if (lines[0].empty())
            continue;
        note(output.write(lines));
        one->ring.discard(lines[0].size() + lines[1].size());
        any = true;
    }
    return any;
}

void access_log::state::note(int error) noexcept {
    const bool now_failing = error != 0;
    if (now_failing == failing)
        return;
    failing = now_failing;
    if (failing)
        log_error("access log {}: {}; its lines are dropped until it can be written", path,
                  reason_of(error));
    else
        log_info("access log {}: written again, {} lines were dropped", path, output.dropped());
}

void access_log::state::run() noexcept {
    sigset_t
        all;  // signals are the control thread's; a closed pipe is an error of write(), not SIGPIPE
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    for (;;) {
        const bool last = stopping;
        const bool busy = write_queued();
        if (last && !busy)
            return;
        doorbell.announce(busy ? bell::sleep::gathering : bell::sleep::parked);
        const bool more = stopping || (!busy && anything_queued());
        doorbell.wait(more ? std::chrono::milliseconds::zero() : busy ? gather_time : no_end);
    }
}

access_log::access_log(const access_log_settings& settings, unsigned threads)
    : enabled_(settings.path != "off") {
    if (enabled_)
        state_ = std::make_unique<state>(settings, threads);
}

access_log::~access_log() = default;

void access_log::write(unsigned thread, const access_record& record) noexcept {
    if (!enabled_)
        return;
    auto& mine = *state_->lanes[thread];
    mine.ring.put(mine.line.format(record));
    const auto sleep = state_->doorbell.announced();
    if (sleep == bell::sleep::parked || (sleep == bell::sleep::gathering && mine.ring.crowded()))
        state_->doorbell.ring();
}

void access_log::reopen() {
    if (!enabled_ || !is_file(state_->path))
        return;
    try {
        state_->output.replace(open_log_file(state_->path));
        log_info("access log {}: reopened", state_->path);
    } catch (const std::system_error& error) {
        log_error("access log {}: not reopened, the old file is kept: {}", state_->path,
                  error.code().message());
    }
}

std::uint64_t access_log::dropped() const noexcept {
    if (!enabled_)
        return 0;
    std::uint64_t lines = state_->output.dropped();
    for (const auto& one : state_->lanes)
        lines += one->ring.dropped();
    return lines;
}

}  // namespace sluice::telemetry
