// SPDX-License-Identifier: Apache-2.0
#include "admin/access.hpp"

#include "sluice/base/strings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace sluice::admin {
namespace {

struct authority {
    std::string_view name;  ///< [v6] keeps its brackets
    std::string_view port;  ///< empty: none
};

authority authority_of(std::string_view text) {
    const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
    if (bracket == text.npos)
        return {text, {}};
    const std::size_t colon = text.find(':', bracket);
    if (colon == text.npos)
        return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_ip_literal(std::string_view name) {
    const bool v6 = name.size() > 2 && name.front() == '[' && name.back() == ']';
    if (v6)
        name = name.substr(1, name.size() - 2);
    char text[INET6_ADDRSTRLEN] = {};
    if (name.size() >= sizeof text || name.find('\0') != name.npos)
        return false;
    std::memcpy(text, name.data(), name.size());
    unsigned char address[sizeof(in6_addr)];
    return ::inet_pton(v6 ? AF_INET6 : AF_INET, text, address) == 1;
}

// The name of an Authorization scheme is compared without regard to case (RFC 9110 section 11.1).
std::string_view bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (!iequals(authorization.substr(0, scheme.size()), scheme))
        return {};
    authorization.remove_prefix(scheme.size());
    const std::size_t begin = authorization.find_first_not_of(' ');
    return begin == authorization.npos ? std::string_view{} : authorization.substr(begin);
}

}  // namespace

bool is_own_host(std::string_view host, std::span<const std::string> names) {
    if (host.empty())
        return true;
    std::string_view name = authority_of(host).name;
    if (name.ends_with('.'))
        name.remove_suffix(1);
    if (iequals(name, "localhost") || is_ip_literal(name))
        return true;
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& one) { return iequals(one, name); });
}

bool is_own_origin(std::string_view origin, std::string_view host) {
    const std::size_t mark = origin.find("://");
    if (mark == origin.npos || host.empty())
        return false;  // "null" among them
    const std::string_view scheme = origin.substr(0, mark);
    const bool secure = iequals(scheme, "https");  // TLS may end in front of us
    if (!secure && !iequals(scheme, "http"))
        return false;
    const std::string_view default_port = secure ? "443" : "80";
    const auto port_of = [&](const authority& one) {
        return one.port.empty() ? default_port : one.port;
    };
    const authority theirs = authority_of(origin.substr(mark + 3));
    const authority ours = authority_of(host);
    return iequals(theirs.name, ours.name) && port_of(theirs) == port_of(ours);
}

permission permit(usage use, const access_terms& terms,
                  std::optional<std::string_view> authorization) {
    if (use == usage::probe || (use == usage::read && terms.loopback))
        return permission::granted;
    if (terms.token.empty())
        return permission::forbidden;
    // An empty token matches nothing, since a configured one is never empty.
    return authorization && terms.token.matches(bearer_token(*authorization))
               ? permission::granted
               : permission::token_missing;
}

}  // namespace sluice::admin
