// SPDX-License-Identifier: Apache-2.0
#include "app/machine.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace sluice::app {

namespace {

// Kept when clients have taken the rest (contract: accepting pauses 16 below the limit).
constexpr std::size_t reserved_descriptors = 16;

unsigned affinity() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

// `max 100000` or `150000 100000`: time and period in microseconds.
double quota_of(const std::string& folder) {
    std::ifstream file(folder + "/cpu.max");
    double time = 0;
    double period = 0;
    return file >> time >> period && time > 0 && period > 0 ? time / period : HUGE_VAL;
}

}  // namespace

double cpu_quota(const std::string& membership, const std::string& root) {
    std::ifstream lines(membership);
    std::string folder;
    for (std::string line; folder.empty() && std::getline(lines, line);)
        if (line.rfind("0::/", 0) == 0)
            folder = root + line.substr(3);
    double least = HUGE_VAL;
    // A parent's limit holds for its children.
    while (folder.size() >= root.size() && !folder.empty()) {
        least = std::min(least, quota_of(folder));
        folder.resize(folder.find_last_of('/') == std::string::npos ? 0 : folder.find_last_of('/'));
    }
    return least;
}

unsigned usable_cpus() {
    const auto quota = std::ceil(cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
    const auto cpus = affinity();
    return quota >= cpus ? cpus : std::max(1U, static_cast<unsigned>(quota));
}

void yield_to_others() noexcept {
    constexpr int nice = 10;
    // Of a thread, not of the process, on Linux.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice);
}

void give_back_memory() noexcept { ::malloc_trim(0); }

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::size_t descriptors_beside_reserve(std::size_t limit) noexcept {
    return limit > reserved_descriptors ? limit - reserved_descriptors : 1;
}

}  // namespace sluice::app
