// SPDX-License-Identifier: Apache-2.0
// Time as the project uses it: one steady clock for deadlines, read once per loop turn and passed
// on as a value, so that tests hand in any time they like.
#pragma once

#include <chrono>

namespace sluice {

using steady_clock = std::chrono::steady_clock;
using time_point = steady_clock::time_point;
using duration = steady_clock::duration;

}  // namespace sluice
