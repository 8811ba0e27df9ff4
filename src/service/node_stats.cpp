// SPDX-License-Identifier: Apache-2.0
#include "sluice/service/node_stats.hpp"

namespace sluice::service {

node_stats::reading node_stats::read() const {
    reading sum;
    for (const auto& one : cells_) {
        sum.requests += one.requests.load(std::memory_order_relaxed);
        sum.open += one.open.load(std::memory_order_relaxed);
        sum.idle += one.idle.load(std::memory_order_relaxed);
    }
    const std::lock_guard lock(guard_);
    sum.last_error = last_error_;
    return sum;
}

} // namespace sluice::service
