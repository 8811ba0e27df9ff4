// SPDX-License-Identifier: Apache-2.0
#include "net/certificate_choice.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace sluice::net {

namespace {

constexpr std::size_t longest_name = 255;

}  // namespace

certificate_choice::certificate_choice(const listener_tls_settings& from) {
    const auto& all = from.certificates;
    std::map<std::string_view, group> wanted;
    for (std::size_t i = 0; i < all.size(); ++i)
        for (const auto& name : all[i].names) {
            auto& members = wanted[name];
            // of one kind of key the first in the file
            if (std::ranges::none_of(members, [&](auto j) { return all[j].kind == all[i].kind; }))
                members.push_back(i);
        }

    std::map<group, std::size_t> known;
    const auto place_of = [&](const group& members) {
        const auto [at, is_new] = known.try_emplace(members, groups_.size());
        if (is_new)
            groups_.push_back(members);
        return at->second;
    };
    // The default comes first, together with what shares its first name.
    if (!all.empty())
        place_of(all.front().names.empty() ? group{0} : wanted[all.front().names.front()]);
    for (const auto& [name, members] : wanted)
        by_name_.emplace(name, place_of(members));
}

std::size_t certificate_choice::group_of(std::string_view name) const noexcept {
    if (name.empty() || name.size() > longest_name)
        return 0;
    if (const auto exact = by_name_.find(name); exact != by_name_.end())
        return exact->second;
    // The longest wildcard, over any number of labels as in routes: a client that refuses the
    // certificate of a.b.x for *.x does so itself, but the terms of *.x hold for all of them.
    std::array<char, longest_name + 1> room{'*'};
    for (auto dot = name.find('.'); dot != std::string_view::npos && dot != 0;
         dot = name.find('.', dot + 1)) {
        const auto rest = name.substr(dot);
        std::ranges::copy(rest, room.begin() + 1);
        const auto wildcard = by_name_.find(std::string_view(room.data(), rest.size() + 1));
        if (wildcard != by_name_.end())
            return wildcard->second;
    }
    return 0;
}

}  // namespace sluice::net
