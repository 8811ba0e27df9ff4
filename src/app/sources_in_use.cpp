// SPDX-License-Identifier: Apache-2.0
#include "app/sources_in_use.hpp"

#include <utility>
#include <vector>

namespace sluice::app {

void sources_in_use::follow(const settings& from) {
    std::map<std::string, std::vector<service::service_settings>> wanted;
    for (const auto& one : from.services)
        wanted[one.source].push_back(one);
    std::erase_if(sources_, [&](const auto& one) { return !wanted.contains(one.first); });
    for (const auto& [name, services] : wanted) {
        auto& source = sources_[name];
        if (!source)
            source = make_ ? make_(name, from, around_) : nullptr;
        if (source)
            source->follow(services);
        else
            sources_.erase(name);
    }
}

}  // namespace sluice::app
