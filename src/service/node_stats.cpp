// SPDX-License-Identifier: Apache-2.0
#include "sluice/service/node_stats.hpp"

namespace sluice::service {

node_stats::numbers node_stats::sum() const noexcept {
    numbers all;
    for (const auto& one : cells_) {
        all.requests += one.requests.load(std::memory_order_relaxed);
        all.open += one.open.load(std::memory_order_relaxed);
        all.idle += one.idle.load(std::memory_order_relaxed);
    }
    return all;
}

node_stats::reading node_stats::read() const {
    reading all{sum(), {}};
    const std::lock_guard lock(guard_);
    all.last_error = last_error_;
    return all;
}

}  // namespace sluice::service
