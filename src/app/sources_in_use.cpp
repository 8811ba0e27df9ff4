// SPDX-License-Identifier: Apache-2.0
#include "app/sources_in_use.hpp"

#include <utility>

namespace sluice::app {

sources_in_use::plan sources_in_use::prepare(const settings& from) const {
    plan next;
    for (const auto& one : from.services)
        if (one.source != "fixed" && make_)
            next.wanted_[one.source].push_back(one);
    // Also when the servers are the same: resolv.conf may say something else by now.
    if (names_)
        next.servers_ = names_->prepare(from.resolvers);
    else if (!next.wanted_.empty())
        next.names_ = net::make_resolver(around_.context, {.servers = from.resolvers});
    for (const auto& [name, services] : next.wanted_) {
        if (sources_.contains(name))
            continue;
        auto& names = names_ ? *names_ : *next.names_;
        if (auto made = make_(name, {around_.control, names, around_.sink}))
            next.made_.emplace(name, std::move(made));
    }
    return next;
}

void sources_in_use::follow(plan next) noexcept {
    std::erase_if(sources_, [&](const auto& one) { return !next.wanted_.contains(one.first); });
    if (next.names_)
        names_ = std::move(next.names_);
    if (next.servers_)
        names_->use(std::move(next.servers_));
    sources_.merge(next.made_);
    for (const auto& [name, source] : sources_)
        source->follow(next.wanted_.at(name));
}

std::map<std::string, service::source_state> sources_in_use::states() const {
    std::map<std::string, service::source_state> all;
    for (const auto& [name, one] : sources_)
        all.emplace(name, one->state());
    return all;
}

}  // namespace sluice::app
