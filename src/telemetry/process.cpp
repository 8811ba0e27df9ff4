// SPDX-License-Identifier: Apache-2.0
#include "sluice/telemetry/process.hpp"

#include "sluice/telemetry/log.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string>

namespace sluice::telemetry {
namespace {

double cpu_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double max_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

double open_descriptors() {
    // Linux 6.2 and later say it without opening anything.
    struct stat facts{};
    if (::stat("/proc/self/fd", &facts) == 0 && facts.st_size > 0)
        return static_cast<double>(facts.st_size);
    DIR* const folder = ::opendir("/proc/self/fd");
    if (!folder)
        return errno == EMFILE ? max_descriptors() : 0;
    int entries = -3;  // ".", ".." and the folder itself
    while (::readdir(folder))
        ++entries;
    ::closedir(folder);
    return entries;
}

/// /proc/self/statm, kept open: it is wanted most when no descriptor is left.
class memory_reading {
public:
    memory_reading() : descriptor_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}
    ~memory_reading() {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    memory_reading(const memory_reading&) = delete;
    memory_reading& operator=(const memory_reading&) = delete;

    double virtual_bytes() const { return pages().total * page_size(); }
    double resident_bytes() const { return pages().resident * page_size(); }

private:
    struct page_counts {
        double total = 0, resident = 0;
    };

    static double page_size() { return static_cast<double>(::sysconf(_SC_PAGESIZE)); }
    page_counts pages() const {
        char text[128];
        const ssize_t size = ::pread(descriptor_, text, sizeof text, 0);
        if (size <= 0)
            return {};
        std::uint64_t total = 0;
        std::uint64_t resident = 0;
        const char* const end = text + size;
        const auto first = std::from_chars(text, end, total);
        if (first.ptr != end)
            std::from_chars(first.ptr + 1, end, resident);
        return {static_cast<double>(total), static_cast<double>(resident)};
    }

    int descriptor_;
};

// Since the epoch. Field 22 of /proc/self/stat counts clock ticks since boot; the program's name,
// field 2, may hold spaces and parentheses, so counting starts after its last ')'.
double start_time() {
    char text[1024] = {};
    const int file = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    if (size <= 0)
        return 0;
    const std::string_view all{text, static_cast<std::size_t>(size)};
    std::size_t at = all.rfind(')');
    for (int field = 2; field < 22 && at != all.npos; ++field)
        at = all.find(' ', at + 1);
    std::uint64_t ticks = 0;
    if (at == all.npos || std::from_chars(text + at + 1, text + size, ticks).ec != std::errc{})
        return 0;

    timespec since_boot{};
    timespec since_epoch{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    ::clock_gettime(CLOCK_REALTIME, &since_epoch);
    const auto seconds = [](const timespec& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    return seconds(since_epoch) - seconds(since_boot) +
           static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

void watch_process(registry& to) {
    using kind = registry::reading_kind;
    const auto memory = std::make_shared<memory_reading>();
    to.watch("process_cpu_seconds_total", {}, kind::counter, cpu_seconds);
    to.watch("process_resident_memory_bytes", {}, kind::gauge,
             [memory] { return memory->resident_bytes(); });
    to.watch("process_virtual_memory_bytes", {}, kind::gauge,
             [memory] { return memory->virtual_bytes(); });
    to.watch("process_open_fds", {}, kind::gauge, open_descriptors);
    to.watch("process_max_fds", {}, kind::gauge, max_descriptors);
    to.watch("process_start_time_seconds", {}, kind::gauge,
             [start = start_time()] { return start; });
}

void watch_build(registry& to, labels about) {
    to.watch("sluice_build_info", std::move(about), registry::reading_kind::gauge,
             [] { return 1.0; });
}

void watch_dropped_lines(registry& to, const access_log& log) {
    to.watch("sluice_log_dropped_total", {}, registry::reading_kind::counter,
             [&log] { return static_cast<double>(log.dropped() + log_lines_dropped()); });
}

}  // namespace sluice::telemetry
