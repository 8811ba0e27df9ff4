// SPDX-License-Identifier: Apache-2.0
#include "net/dns/server_ranks.hpp"

namespace sluice::net::dns {

std::vector<std::size_t> server_ranks::order(time_point now) {
    std::vector<std::size_t> all;
    all.reserve(standings_.size());
    const auto first = take_probe(now);
    if (first)
        all.push_back(*first);
    for (const bool silent : {false, true})
        for (std::size_t at = 0; at < standings_.size(); ++at)
            if (at != first && standings_[at].silent_until.has_value() == silent)
                all.push_back(at);
    return all;
}

// Only servers in front of the first good one: behind it nobody would ask them anyway.
std::optional<std::size_t> server_ranks::take_probe(time_point now) noexcept {
    for (std::size_t at = 0; at < standings_.size() && standings_[at].silent_until; ++at) {
        auto& one = standings_[at];
        if (one.probed || now < *one.silent_until)
            continue;
        one.probed = true;
        return at;
    }
    return std::nullopt;
}

void server_ranks::silent(std::size_t server, time_point now) noexcept {
    standings_[server] = {now + grudge, false};
}

}  // namespace sluice::net::dns
