// SPDX-License-Identifier: Apache-2.0
#include "net/dns/plain_name.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::net::dns {

std::string_view without_last_dot(std::string_view name) noexcept {
    return name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0));
}

std::string plain_name(std::string_view name) {
    constexpr std::size_t most = 253;
    constexpr std::size_t most_label = 63;
    name = without_last_dot(name);
    if (name.empty() || name.size() > most)
        return {};
    for (const auto label : split(name, '.')) {
        const auto fits = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; };
        if (label.empty() || label.size() > most_label || !std::ranges::all_of(label, fits))
            return {};
    }
    return to_lower(name);
}

}  // namespace sluice::net::dns
