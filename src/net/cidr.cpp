// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/cidr.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

namespace sluice::net {

namespace {

constexpr std::string_view unix_word = "unix";

bool same_bits(const std::uint8_t* a, const std::uint8_t* b, unsigned count) noexcept {
    const unsigned whole = count / 8, rest = count % 8;
    if (std::memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

/// Host bits set usually mean a slip of the pen: 10.0.0.1/8 trusts far more than it looks.
bool rest_is_zero(const std::uint8_t* bytes, unsigned from, unsigned to) noexcept {
    for (unsigned bit = from; bit < to; ++bit)
        if (bytes[bit / 8] & (0x80 >> (bit % 8)))
            return false;
    return true;
}

std::optional<unsigned> parse_length(std::string_view text) {
    unsigned length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const bool padded = text.size() > 1 && text.front() == '0';
    if (error != std::errc{} || end != text.data() + text.size() || padded)
        return std::nullopt;
    return length;
}

}  // namespace

std::optional<cidr> cidr::parse(std::string_view text) {
    cidr result;
    if (text == unix_word) {
        result.family_ = family::unix_socket;
        return result;
    }
    const auto slash = text.find('/');
    const std::string ip(text.substr(0, slash));
    const bool v6 = ip.find(':') != std::string::npos;
    if (ip.find('\0') != std::string::npos ||
        inet_pton(v6 ? AF_INET6 : AF_INET, ip.c_str(), result.bytes_) != 1)
        return std::nullopt;
    const unsigned bits = v6 ? 128 : 32;
    const auto length =
        slash == std::string_view::npos ? bits : parse_length(text.substr(slash + 1));
    if (!length || *length > bits || !rest_is_zero(result.bytes_, *length, bits))
        return std::nullopt;
    result.family_ = v6 ? family::v6 : family::v4;
    result.length_ = static_cast<std::uint8_t>(*length);
    return result;
}

bool cidr::contains(const address& one) const noexcept {
    if (one.is_unix() || is_unix())
        return one.is_unix() && is_unix();
    sockaddr_storage room;
    if (one.to_sockaddr(room) == 0)
        return false;
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const std::uint8_t* bytes = nullptr;
    bool v6 = one.is_v6();
    if (v6) {
        bytes = reinterpret_cast<const sockaddr_in6&>(room).sin6_addr.s6_addr;
        if (std::memcmp(bytes, mapped, sizeof mapped) == 0) {
            bytes += sizeof mapped;
            v6 = false;
        }
    } else {
        bytes = reinterpret_cast<const std::uint8_t*>(
            &reinterpret_cast<const sockaddr_in&>(room).sin_addr);
    }
    return v6 == (family_ == family::v6) && same_bits(bytes, bytes_, length_);
}

std::string cidr::to_string() const {
    if (is_unix())
        return std::string(unix_word);
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(family_ == family::v6 ? AF_INET6 : AF_INET, bytes_, text, sizeof text);
    return std::string(text) + "/" + std::to_string(length_);
}

}  // namespace sluice::net
