// SPDX-License-Identifier: Apache-2.0
#include "proxy/series.hpp"

#include <algorithm>
#include <utility>

namespace sluice::proxy {

std::shared_ptr<telemetry::counter>&
request_counters::of(std::string_view listener, std::string_view service, unsigned status) {
    const auto found = std::ranges::find_if(entries_, [&](const entry& one) {
        return one.status == status && one.listener == listener && one.service == service;
    });
    if (found == entries_.end())
        return entries_
            .emplace_back(entry{std::string(listener), std::string(service), status, nullptr})
            .count;
    if (found == entries_.begin())
        return found->count;
    const auto before = std::prev(found);
    std::swap(*found, *before);
    return before->count;
}

}  // namespace sluice::proxy
