// SPDX-License-Identifier: Apache-2.0
#include "app/leaving_nodes.hpp"

#include <map>
#include <unordered_set>

namespace sluice::app {

void leaving_nodes::note(const proxy::table& before, const proxy::table& now) {
    std::erase_if(all_, [](const auto& one) { return one.node.expired(); });
    const bool same_places = before.places == now.places;
    for (std::size_t at = 0; at < before.services.size(); ++at) {
        const auto& was = before.services[at];
        const auto found = same_places ? now.places->end() : now.places->find(was->settings.name);
        const auto* next = same_places                  ? now.services[at].get()
                           : found == now.places->end() ? nullptr
                                                        : now.services[found->second].get();
        if (next != was.get())
            note_service(*was, next);
    }
}

void leaving_nodes::note_service(const proxy::table_service& before,
                                 const proxy::table_service* now) {
    std::unordered_set<const service::node_stats*> stayed;
    if (now != nullptr)
        for (const auto& node : now->nodes)
            stayed.insert(node.stats.get());
    for (const auto& node : before.nodes)
        if (!stayed.contains(node.stats.get()))
            all_.push_back({before.settings.name, node.stats});
}

void leaving_nodes::tell(
    const std::function<void(const std::string& service, std::size_t nodes)>& tell) {
    std::erase_if(all_, [](const auto& one) { return one.node.expired(); });
    std::map<std::string, std::size_t> busy;
    for (const auto& one : all_)
        if (const auto node = one.node.lock()) {
            const auto counted = node->sum();
            busy[one.service] += counted.open > counted.idle ? 1 : 0;
        }
    for (const auto& [service, nodes] : busy)
        if (nodes != 0)
            tell(service, nodes);
}

}  // namespace sluice::app
