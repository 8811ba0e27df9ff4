// SPDX-License-Identifier: Apache-2.0
// The Host field and the authority of an absolute-form target, checked and folded to the form that
// routes are matched by. What is forwarded is the client's own text, never the folded one.
#include "sluice/base/strings.hpp"
#include "sluice/http/target.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sluice::http {

namespace {

constexpr std::size_t longest_host = 255;  // RFC 3986 section 3.2.2: no name of the DNS is longer

enum class host_byte : std::uint8_t { forbidden, plain, upper, dot };

// reg-name of RFC 3986 without percent escapes: no resolver or server agrees with another on
// `%61.example`, so a name that needs them could be matched as one thing here and as another behind
// us.
constexpr std::array<host_byte, 256> make_host_bytes() {
    std::array<host_byte, 256> set{};
    for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,;="})
        set[static_cast<unsigned char>(c)] = host_byte::plain;
    for (unsigned c = 'A'; c <= 'Z'; ++c)
        set[c] = host_byte::upper;
    set['.'] = host_byte::dot;
    return set;
}
constexpr auto host_bytes = make_host_bytes();

std::string_view lower_case(std::string_view text, arena& room) {
    char* out = room.allocate(text.size());
    std::transform(text.begin(), text.end(), out, [](char c) { return to_lower(c); });
    return {out, text.size()};
}

/// A name or IPv4 address; one trailing dot is cut off, an empty label is refused.
std::optional<std::string_view> read_name(std::string_view raw, arena& room) {
    if (raw.ends_with('.'))
        raw.remove_suffix(1);
    if (raw.empty() || raw.size() > longest_host)
        return std::nullopt;
    bool has_upper = false;
    bool label_is_empty = true;
    for (const char c : raw) {
        const host_byte what = host_bytes[static_cast<unsigned char>(c)];
        if (what == host_byte::forbidden || (what == host_byte::dot && label_is_empty))
            return std::nullopt;
        label_is_empty = what == host_byte::dot;
        has_upper |= what == host_byte::upper;
    }
    if (label_is_empty)
        return std::nullopt;
    return has_upper ? lower_case(raw, room) : raw;
}

/// An IPv6 address in brackets. Zones and future versions have no meaning in a Host field (RFC 9110
/// section 7.2).
std::optional<std::string_view> read_literal(std::string_view raw, arena& room) {
    char text[INET6_ADDRSTRLEN] = {};
    const std::string_view inside = raw.substr(1, raw.size() - 2);
    in6_addr address;
    if (inside.size() >= sizeof text || inside.find('\0') != inside.npos)
        return std::nullopt;
    std::memcpy(text, inside.data(), inside.size());
    if (inet_pton(AF_INET6, text, &address) != 1)
        return std::nullopt;
    const bool has_upper =
        std::any_of(inside.begin(), inside.end(), [](char c) { return c >= 'A' && c <= 'F'; });
    return has_upper ? lower_case(raw, room) : raw;
}

/// The number a port's digits stand for, or nullopt. An empty port is legal and means the scheme's
/// (RFC 3986 3.2.3).
std::optional<unsigned> port_number(std::string_view digits) noexcept {
    unsigned number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9')
            return std::nullopt;
        number = number * 10 + static_cast<unsigned>(c - '0');
        if (number > 65535)
            return std::nullopt;
    }
    return number;
}

}  // namespace

std::optional<authority> parse_authority(std::string_view raw, arena& room) {
    const bool is_literal = raw.starts_with('[');
    const std::size_t end = is_literal ? raw.find(']') : raw.find(':');
    if (is_literal && end == raw.npos)
        return std::nullopt;
    const std::string_view name = raw.substr(0, is_literal ? end + 1 : end);
    std::string_view rest = raw.substr(name.size());
    if (!rest.empty()) {
        if (rest.front() != ':')
            return std::nullopt;
        rest.remove_prefix(1);
        if (!port_number(rest))
            return std::nullopt;
    }
    const auto host = is_literal ? read_literal(name, room) : read_name(name, room);
    if (!host)
        return std::nullopt;
    return authority{*host, rest};
}

bool same_authority(const authority& a, const authority& b,
                    std::string_view default_port) noexcept {
    const auto number = [&](const authority& one) {
        return port_number(one.port.empty() ? default_port : one.port);
    };
    return a.host == b.host && number(a) == number(b);
}

}  // namespace sluice::http
