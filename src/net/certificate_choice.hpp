// SPDX-License-Identifier: Apache-2.0
// Which certificates a name gets: exact, then the longest wildcard, else the default. Pure
// look-up, no OpenSSL; the TLS context asks it with the client's SNI, the gateway with Host.
#pragma once

#include "sluice/net/listener_tls_settings.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::net {

class certificate_choice {
public:
    /// Certificates shown together: one of each kind of key for the same names, by their positions
    /// in the settings.
    using group = std::vector<std::size_t>;

    explicit certificate_choice(const listener_tls_settings&);

    /// The first one is the default.
    const std::vector<group>& groups() const noexcept { return groups_; }
    /// The position of the group for a name in lower case.
    std::size_t group_of(std::string_view name) const noexcept;

private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    std::vector<group> groups_;
    // names as configured, wildcards with their star
    std::unordered_map<std::string, std::size_t, text_hash, std::equal_to<>> by_name_;
};

}  // namespace sluice::net
