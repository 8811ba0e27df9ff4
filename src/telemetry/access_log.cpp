// SPDX-License-Identifier: Apache-2.0
// The rings of the workers and the thread that empties them into the file. What a line says is
// access_line's, what happens on a full disk is line_output's.
#include "sluice/telemetry/access_log.hpp"

#include "sluice/telemetry/log.hpp"
#include "telemetry/access_line.hpp"
#include "telemetry/line_output.hpp"
#include "telemetry/line_ring.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
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

// Owned in every case, so that a log can be led elsewhere without closing the standard streams.
int descriptor_of(const std::string& path) {
    if (path == "off")
        return -1;
    if (is_file(path))
        return open_log_file(path);
    const int copy = ::fcntl(path == "stdout" ? STDOUT_FILENO : STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        throw std::system_error(errno, std::generic_category(), "cannot open the log " + path);
    return copy;
}

std::string reason_of(int error) { return std::generic_category().message(error); }

}  // namespace

struct access_log::state {
    state(const access_log_settings& settings, int descriptor, unsigned threads)
        : path(settings.path), format(settings.format),
          output(descriptor, line_output::ownership::owned) {
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

    std::string path_now();
    void move_to(std::string other);

    std::mutex path_guard;
    std::string path;
    std::atomic<line_format> format;
    line_output output;
    std::vector<std::unique_ptr<lane>> lanes;
    bell doorbell;
    std::atomic<bool> stopping{false};
    bool failing = false;  ///< the last write dropped lines; said once, not per line
    std::thread writer;
};

std::string access_log::state::path_now() {
    const std::lock_guard guard(path_guard);
    return path;
}

void access_log::state::move_to(std::string other) {
    const std::lock_guard guard(path_guard);
    path = std::move(other);
}

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
        log_error("access log {}: {}; its lines are dropped until it can be written", path_now(),
                  reason_of(error));
    else
        log_info("access log {}: written again, {} lines were dropped", path_now(),
                 output.dropped());
}

void access_log::state::run() noexcept {
    sigset_t
        all;  // signals are the control thread's; a closed pipe is an error of write(), not SIGPIPE
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    for (;;) {
        const bool last = stopping;
        const bool busy = write_queued();
        if (!busy)
            output.settle();
        if (last && !busy)
            return;
        doorbell.announce(busy ? bell::sleep::gathering : bell::sleep::parked);
        const bool more = stopping || (!busy && (anything_queued() || output.is_replaced()));
        doorbell.wait(more ? std::chrono::milliseconds::zero() : busy ? gather_time : no_end);
    }
}

access_log::opened::opened(int descriptor) noexcept : descriptor_(descriptor) {}

access_log::opened::opened(opened&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), made_(std::move(other.made_)) {}

access_log::opened::~opened() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

access_log::access_log(const access_log_settings& settings, unsigned threads) : threads_(threads) {
    change(settings, prepare(settings));
}

access_log::opened access_log::prepare(const access_log_settings& settings) const {
    opened place(descriptor_of(settings.path));
    if (place.descriptor_ >= 0 && !state_) {
        const int descriptor = std::exchange(place.descriptor_, -1);
        place.made_ = std::make_unique<state>(settings, descriptor, threads_);
    }
    return place;
}

void access_log::change(const access_log_settings& settings, std::optional<opened> place) noexcept {
    if (place && place->made_)
        state_ = std::move(place->made_);
    const bool on = settings.path != "off" && state_;
    enabled_.store(on, std::memory_order_release);
    if (!state_)
        return;
    if (on) {
        state_->move_to(settings.path);
        state_->format = settings.format;
    }
    if (!on)
        state_->output.replace(line_output::nowhere);
    else if (place && place->descriptor_ >= 0)
        state_->output.replace(std::exchange(place->descriptor_, -1));
    state_->doorbell.ring();  // a quiet log lets go of its old file too
}

void access_log::end() noexcept {
    enabled_ = false;
    state_.reset();
}

access_log::~access_log() = default;

void access_log::write(unsigned thread, const access_record& record) noexcept {
    if (!enabled())
        return;
    auto& mine = *state_->lanes[thread];
    mine.line.use(state_->format.load(std::memory_order_relaxed));
    mine.ring.put(mine.line.format(record));
    const auto sleep = state_->doorbell.announced();
    if (sleep == bell::sleep::parked || (sleep == bell::sleep::gathering && mine.ring.crowded()))
        state_->doorbell.ring();
}

void access_log::reopen() {
    if (!enabled())
        return;
    const auto path = state_->path_now();
    if (!is_file(path))
        return;
    try {
        state_->output.replace(open_log_file(path));
        state_->doorbell.ring();
        log_info("access log {}: reopened", path);
    } catch (const std::system_error& error) {
        log_error("access log {}: not reopened, the old file is kept: {}", path,
                  error.code().message());
    }
}

std::uint64_t access_log::dropped() const noexcept {
    if (!state_)
        return 0;
    std::uint64_t lines = state_->output.dropped();
    for (const auto& one : state_->lanes)
        lines += one->ring.dropped();
    return lines;
}

}  // namespace sluice::telemetry
