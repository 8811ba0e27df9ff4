// SPDX-License-Identifier: Apache-2.0
#include "app/machine.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace sluice::app {

namespace {

unsigned affinity() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

// This process's folder below /sys/fs/cgroup (version 2): the line `0::/path` of /proc/self/cgroup.
std::string cgroup_folder() {
    std::ifstream lines("/proc/self/cgroup");
    for (std::string line; std::getline(lines, line);)
        if (line.rfind("0::", 0) == 0)
            return "/sys/fs/cgroup" + line.substr(3);
    return {};
}

// `max 100000` or `150000 100000`: time and period in microseconds.
double quota_of(const std::string& folder) {
    std::ifstream file(folder + "/cpu.max");
    std::string time;
    double period = 0;
    if (!(file >> time >> period) || time == "max" || period <= 0)
        return HUGE_VAL;
    return std::stod(time) / period;
}

// The tightest quota on the way up: a parent's limit holds for its children.
double tightest_quota() {
    double least = HUGE_VAL;
    auto folder = cgroup_folder();
    while (folder.size() >= std::string("/sys/fs/cgroup").size()) {
        least = std::min(least, quota_of(folder));
        const auto cut = folder.find_last_of('/');
        if (cut == std::string::npos)
            break;
        folder.resize(cut);
    }
    return least;
}

} // namespace

unsigned usable_cpus() {
    const auto quota = std::ceil(tightest_quota());
    const auto cpus = affinity();
    return quota >= cpus ? cpus : std::max(1U, static_cast<unsigned>(quota));
}

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

} // namespace sluice::app
