// SPDX-License-Identifier: Apache-2.0
// What this process may use of the machine: CPUs and descriptors.
#pragma once

#include <cstddef>
#include <string>

namespace sluice::app {

/// The CPU quota a control group (version 2) leaves the process whose `/proc/self/cgroup` is
/// `membership`, the tightest one from its group up to `root`; nothing found or readable is
/// infinity.
double cpu_quota(const std::string& membership, const std::string& root);

/// The smaller of the CPU affinity and the cgroup's quota rounded up; at least 1 (contract:
/// `workers: auto`).
unsigned usable_cpus();

/// From now on this thread gives way to threads that serve requests: nice 10.
void yield_to_others() noexcept;

/// Gives memory that was freed back to the system: glibc keeps what lies below anything still in use.
/// Costs some 15 ms after 100,000 routes, and holds each heap while it looks at it.
void give_back_memory() noexcept;

/// Raises the soft descriptor limit to the hard one and returns it.
std::size_t raise_descriptor_limit();

/// What a limit of that many descriptors leaves once the reserve for the admin API, the logs and
/// connections to nodes is off: also the number from which a descriptor belongs to the reserve. At
/// least 1.
std::size_t descriptors_beside_reserve(std::size_t limit) noexcept;

/// How many clients `limits.connections` and that many descriptors allow.
inline std::size_t most_connections(std::size_t configured, std::size_t descriptors) noexcept {
    const auto possible = descriptors_beside_reserve(descriptors);
    return configured < possible ? configured : possible;
}

}  // namespace sluice::app
