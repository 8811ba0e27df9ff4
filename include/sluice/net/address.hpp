// SPDX-License-Identifier: Apache-2.0
// Where a socket is: an IPv4 or IPv6 address with a port, the path of a Unix socket, or the name
// under which systemd passes one. A plain value.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace sluice::net {

class address {
public:
    address() = default;

    /// Reads `10.0.0.1:80`, `[::1]:80` or `unix:/run/x.sock`; no names. Nothing on any other text.
    /// Port 0 is read (listeners in tests use it); whoever must not have it refuses it.
    static std::optional<address> parse(std::string_view text);
    /// The same of an IP without brackets and its port, which stand apart.
    static std::optional<address> parse(std::string_view ip, std::string_view port);
    /// What the kernel says (accept, getsockname), as it is: an IPv4 client of a socket for both
    /// families is an IPv6 address (::ffff:a.b.c.d).
    static address from(const sockaddr_storage& raw);
    /// The socket systemd passes under `name`: where it is shows once it is there. Only of a
    /// listener, and written `systemd:NAME`, which parse() does not read.
    static address passed(std::string_view name);

    bool is_unix() const noexcept { return family_ == family::unix_path; }
    bool is_v6() const noexcept { return family_ == family::v6; }
    bool is_passed() const noexcept { return family_ == family::passed; }
    /// Port 0 of an IP: the kernel chooses another port each time.
    bool is_any_port() const noexcept {
        return port_ == 0 && (family_ == family::v4 || family_ == family::v6);
    }
    /// 127.0.0.0/8, ::1, or a Unix socket.
    bool is_loopback() const noexcept;
    std::uint16_t port() const noexcept { return port_; }
    /// The same IP with another port. Not for Unix sockets.
    address with_port(std::uint16_t port) const {
        auto same = *this;
        same.port_ = port;
        return same;
    }
    /// An IPv4 address written as an IPv6 one (::ffff:10.0.0.1) as what it stands for, anything else
    /// as it is. Clients are unmapped wherever they come from, so that each has one address.
    address unmapped() const;
    const std::string& path() const noexcept { return path_; }
    /// The name of a passed socket.
    const std::string& passed_name() const noexcept { return path_; }
    /// The IP alone, without port and brackets; empty for a Unix socket.
    std::string ip() const;

    /// The text parse() reads, or `systemd:NAME`.
    std::string to_string() const;
    /// The most bytes write() writes: an IPv6 address, its brackets, a port.
    static constexpr std::size_t longest_text = 56;
    /// Writes what to_string() says of an IP address; says how many bytes. None of a Unix socket.
    std::size_t write(char* to) const noexcept;

    /// Fills `room` and says how many bytes of it count.
    unsigned to_sockaddr(sockaddr_storage& room) const;

    friend auto operator<=>(const address&, const address&) = default;

private:
    enum class family : std::uint8_t { none, v4, v6, unix_path, passed };
    family family_ = family::none;
    std::uint16_t port_ = 0;
    std::uint8_t bytes_[16] = {};
    std::string path_;  // of a passed socket its name
};

}  // namespace sluice::net
