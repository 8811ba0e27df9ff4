// SPDX-License-Identifier: Apache-2.0
#include "net/dns/search_list.hpp"

#include "net/dns/plain_name.hpp"

#include <algorithm>

namespace sluice::net::dns {

namespace {

constexpr std::size_t most_bytes =
    253;  // of a name; asking for more would be a failure, not an absence

}  // namespace

std::vector<std::string> search_list::candidates(std::string_view name) const {
    if (name.ends_with('.'))
        return {std::string(without_last_dot(name))};
    std::vector<std::string> names;
    for (const auto& domain : domains)
        if (!domain.empty() && domain != ".")
            names.push_back(std::string(name) + "." + domain);
    const auto dots = static_cast<unsigned>(std::ranges::count(name, '.'));
    std::erase_if(names, [](const auto& one) { return one.size() > most_bytes; });
    names.insert(dots >= ndots ? names.begin() : names.end(), std::string(name));
    return names;
}

}  // namespace sluice::net::dns
