// SPDX-License-Identifier: Apache-2.0
// What this process may use of the machine: CPUs and descriptors.
#pragma once

#include <cstddef>

namespace sluice::app {

/// The smaller of the CPU affinity and the cgroup's quota rounded up; at least 1 (contract: `workers: auto`).
unsigned usable_cpus();

/// Raises the soft descriptor limit to the hard one and returns it.
std::size_t raise_descriptor_limit();

} // namespace sluice::app
