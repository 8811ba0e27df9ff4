// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace sluice::net {

namespace {

static_assert(address::longest_text >= INET6_ADDRSTRLEN + std::string_view("[]:65535").size());

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view passed_prefix = "systemd:";

/// Digits only, no sign, no leading zero but "0" itself, at most 65535.
std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    if (text.size() > 1 && text.front() == '0')
        return std::nullopt;
    return port;
}

/// inet_pton wants a terminated text; anything longer than an IPv6 address is none.
bool parse_ip(int family, std::string_view text, std::uint8_t* bytes) {
    char terminated[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos)
        return false;
    text.copy(terminated, text.size());
    terminated[text.size()] = '\0';
    return inet_pton(family, terminated, bytes) == 1;
}

/// Absolute, and short enough for sun_path with its terminator.
bool usable_path(std::string_view path) {
    return path.size() > 1 && path.front() == '/' && path.size() < sizeof(sockaddr_un::sun_path) &&
           path.find('\0') == std::string_view::npos;
}

}  // namespace

std::optional<address> address::parse(std::string_view text) {
    address result;
    if (text.starts_with(unix_prefix)) {
        text.remove_prefix(unix_prefix.size());
        if (!usable_path(text))
            return std::nullopt;
        result.family_ = family::unix_path;
        result.path_ = text;
        return result;
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto port = parse_port(text.substr(colon + 1));
    auto ip = text.substr(0, colon);
    const bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
    if (bracketed)
        ip = ip.substr(1, ip.size() - 2);
    if (!port || !parse_ip(bracketed ? AF_INET6 : AF_INET, ip, result.bytes_))
        return std::nullopt;
    result.family_ = bracketed ? family::v6 : family::v4;
    result.port_ = *port;
    return result;
}

std::optional<address> address::parse(std::string_view ip, std::string_view port) {
    const bool v6 = ip.find(':') != std::string_view::npos;
    const auto number = parse_port(port);
    address result;
    if (!number || !parse_ip(v6 ? AF_INET6 : AF_INET, ip, result.bytes_))
        return std::nullopt;
    result.family_ = v6 ? family::v6 : family::v4;
    result.port_ = *number;
    return result;
}

address address::passed(std::string_view name) {
    address result;
    result.family_ = family::passed;
    result.path_ = name;
    return result;
}

address address::from(const sockaddr_storage& raw) {
    address result;
    if (raw.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(raw);
        result.family_ = family::v4;
        result.port_ = ntohs(v4.sin_port);
        std::memcpy(result.bytes_, &v4.sin_addr, sizeof v4.sin_addr);
    } else if (raw.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(raw);
        result.family_ = family::v6;
        result.port_ = ntohs(v6.sin6_port);
        std::memcpy(result.bytes_, &v6.sin6_addr, sizeof v6.sin6_addr);
    } else if (raw.ss_family == AF_UNIX) {
        // A client's Unix socket usually has no name; the path may fill sun_path without a
        // terminator.
        const auto& local = reinterpret_cast<const sockaddr_un&>(raw);
        result.family_ = family::unix_path;
        result.path_.assign(local.sun_path, strnlen(local.sun_path, sizeof local.sun_path));
    }
    return result;
}

address address::unmapped() const {
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    auto result = *this;
    if (family_ != family::v6 || std::memcmp(bytes_, mapped, sizeof mapped) != 0)
        return result;
    result.family_ = family::v4;
    std::memset(result.bytes_, 0, sizeof result.bytes_);
    std::memcpy(result.bytes_, bytes_ + sizeof mapped, 4);
    return result;
}

bool address::is_loopback() const noexcept {
    static constexpr std::uint8_t v6_loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                                     0, 0, 0, 0, 0, 0, 0, 1};
    switch (family_) {
    case family::v4:
        return bytes_[0] == 127;
    case family::v6:
        return std::ranges::equal(bytes_, v6_loopback);
    case family::unix_path:
        return true;
    case family::passed:
    case family::none:
        break;
    }
    return false;
}

std::string address::ip() const {
    if (family_ != family::v4 && family_ != family::v6)
        return {};
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(is_v6() ? AF_INET6 : AF_INET, bytes_, text, sizeof text);
    return text;
}

std::string address::to_string() const {
    if (family_ == family::unix_path)
        return std::string(unix_prefix) + path_;
    if (family_ == family::passed)
        return std::string(passed_prefix) + path_;
    char text[longest_text];
    return {text, write(text)};
}

std::size_t address::write(char* to) const noexcept {
    if (family_ != family::v4 && family_ != family::v6)
        return 0;
    char* at = to;
    if (is_v6())
        *at++ = '[';
    inet_ntop(is_v6() ? AF_INET6 : AF_INET, bytes_, at, INET6_ADDRSTRLEN);
    at += std::strlen(at);
    if (is_v6())
        *at++ = ']';
    *at++ = ':';
    return static_cast<std::size_t>(std::to_chars(at, to + longest_text, port_).ptr - to);
}

unsigned address::to_sockaddr(sockaddr_storage& room) const {
    std::memset(&room, 0, sizeof room);
    if (family_ == family::v4) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(room);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port_);
        std::memcpy(&v4.sin_addr, bytes_, sizeof v4.sin_addr);
        return sizeof v4;
    }
    if (family_ == family::v6) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(room);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port_);
        std::memcpy(&v6.sin6_addr, bytes_, sizeof v6.sin6_addr);
        return sizeof v6;
    }
    if (family_ == family::unix_path) {
        auto& local = reinterpret_cast<sockaddr_un&>(room);
        local.sun_family = AF_UNIX;
        const auto size = path_.copy(local.sun_path, sizeof local.sun_path - 1);
        return static_cast<unsigned>(offsetof(sockaddr_un, sun_path) + size + 1);
    }
    return 0;
}

}  // namespace sluice::net
