// SPDX-License-Identifier: Apache-2.0
#include "app/sources_in_use.hpp"

#include <utility>

namespace sluice::app {

void sources_in_use::follow(const settings& from) {
    std::map<std::string, std::vector<service::service_settings>> wanted;
    for (const auto& one : from.services)
        wanted[one.source].push_back(one);
    std::erase_if(sources_, [&](const auto& one) { return !wanted.contains(one.first); });
    // Also when the servers are the same: resolv.conf may say something else by now.
    if (names_)
        names_->use(from.resolvers);
    for (const auto& [name, services] : wanted) {
        if (name == "fixed" || !make_)
            continue;
        if (!names_)
            names_ = net::make_resolver(around_.context, {.servers = from.resolvers});
        follow(name, services);
    }
}

void sources_in_use::follow(const std::string& name,
                            const std::vector<service::service_settings>& wanted) {
    auto& source = sources_[name];
    if (!source)
        source = make_(name, {around_.control, *names_, around_.sink});
    if (source)
        source->follow(wanted);
    else
        sources_.erase(name);
}

std::map<std::string, service::source_state> sources_in_use::states() const {
    std::map<std::string, service::source_state> all;
    for (const auto& [name, one] : sources_)
        all.emplace(name, one->state());
    return all;
}

}  // namespace sluice::app
