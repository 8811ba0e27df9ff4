// SPDX-License-Identifier: Apache-2.0
#include "proxy/series.hpp"

#include "sluice/http/listener.hpp"

#include <algorithm>
#include <utility>

namespace sluice::proxy {

std::shared_ptr<telemetry::counter>& request_counters::of(const http::client_facts& client,
                                                          unsigned status) {
    const auto& listener = client.listener->name;
    const auto* const presence = client.presence ? client.presence->get() : nullptr;
    const auto found = std::ranges::find_if(entries_, [&](const entry& one) {
        return one.status == status && one.presence == presence && one.listener == listener;
    });
    if (found == entries_.end()) {
        std::erase_if(entries_, [](const entry& one) {
            return one.presence != nullptr && one.guard.expired();
        });
        return entries_.emplace_back(entry{listener, presence, guard_of(client), status, nullptr})
            .count;
    }
    if (found == entries_.begin())
        return found->count;
    const auto before = std::prev(found);
    std::swap(*found, *before);
    return before->count;
}

std::weak_ptr<const void> guard_of(const http::client_facts& client) {
    return client.presence ? *client.presence : std::weak_ptr<const void>();
}

}  // namespace sluice::proxy
