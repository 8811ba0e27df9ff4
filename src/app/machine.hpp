// SPDX-License-Identifier: Apache-2.0
// What this process may use of the machine: CPUs and descriptors.
#pragma once

#include <cstddef>
#include <string>

namespace sluice::app {

/// The CPU quota a control group (version 2) leaves the process whose `/proc/self/cgroup` is `membership`, the tightest
/// one from its group up to `root`; nothing found or readable is infinity.
double cpu_quota(const std::string& membership, const std::string& root);

/// The smaller of the CPU affinity and the cgroup's quota rounded up; at least 1 (contract: `workers: auto`).
unsigned usable_cpus();

/// Raises the soft descriptor limit to the hard one and returns it.
std::size_t raise_descriptor_limit();

} // namespace sluice::app
