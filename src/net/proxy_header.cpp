// SPDX-License-Identifier: Apache-2.0
// "Section" below means "The PROXY protocol, versions 1 & 2" by Willy Tarreau, as of 2020.
#include "net/proxy_header.hpp"

#include "sluice/base/strings.hpp"

#include <boost/crc.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace sluice::net {

namespace {

using state = proxy_header::state;

constexpr std::string_view line_begin = "PROXY ";
constexpr std::size_t longest_line = 107;  // with CRLF, section 2.1

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t fixed_part = 16;  // signature, version and command, family, length
constexpr unsigned local_command = 0x20;
constexpr unsigned proxy_command = 0x21;

proxy_header malformed(std::string_view why) { return {state::malformed, 0, {}, why}; }

proxy_header complete(std::size_t size, std::optional<address> client = {}) {
    return {state::complete, size, std::move(client), {}};
}

bool may_begin_with(byte_view bytes, std::string_view begin) noexcept {
    return begin.starts_with(bytes.substr(0, begin.size()));
}

unsigned octet(byte_view bytes, std::size_t at) noexcept {
    return static_cast<unsigned char>(bytes[at]);
}

std::size_t number16(byte_view bytes, std::size_t at) noexcept {
    return octet(bytes, at) << 8 | octet(bytes, at + 1);
}

// The words behind "PROXY ". What follows UNKNOWN is to be ignored (section 2.1).
proxy_header read_words(std::string_view text, std::size_t size) {
    const auto words = split(text, ' ');
    if (words[0] == "UNKNOWN")
        return complete(size);
    const bool v6 = words[0] == "TCP6";
    if (!v6 && words[0] != "TCP4")
        return malformed("a PROXY line that is neither of TCP4, TCP6 nor UNKNOWN");
    if (words.size() != 5)
        return malformed("a PROXY line without two addresses and two ports");
    const auto client = address::parse(words[1], words[3]);
    const auto server = address::parse(words[2], words[4]);
    if (!client || !server || client->is_v6() != v6 || server->is_v6() != v6)
        return malformed("a PROXY line with an address or a port that is none");
    return complete(size, client->unmapped());
}

proxy_header read_line(byte_view bytes) {
    const auto end = bytes.substr(0, longest_line).find('\n');
    if (end == byte_view::npos)
        return bytes.size() < longest_line ? proxy_header{}
                                           : malformed("a PROXY line longer than 107 bytes");
    if (bytes[end - 1] != '\r')
        return malformed("a PROXY line that does not end in CRLF");
    return read_words(bytes.substr(line_begin.size(), end - 1 - line_begin.size()), end + 1);
}

// How many bytes of addresses each family has; nothing for values nobody may send (section 2.2).
// The transport makes no difference: a client of HTTP/3 came over UDP.
std::optional<std::size_t> address_bytes(unsigned family) noexcept {
    switch (family) {
    case 0x00:  // unspecified
        return 0;
    case 0x11:  // IPv4 over TCP
    case 0x12:  // and UDP
        return 12;
    case 0x21:  // IPv6
    case 0x22:
        return 36;
    case 0x31:  // Unix sockets
    case 0x32:
        return 216;
    default:
        return {};
    }
}

std::optional<address> source_address(byte_view header, unsigned family) noexcept {
    sockaddr_storage room{};
    const char* const addresses = header.data() + fixed_part;
    if (family >> 4 == 1) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(room);
        v4.sin_family = AF_INET;
        std::memcpy(&v4.sin_addr, addresses, 4);
        std::memcpy(&v4.sin_port, addresses + 8, 2);
    } else if (family >> 4 == 2) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(room);
        v6.sin6_family = AF_INET6;
        std::memcpy(&v6.sin6_addr, addresses, 16);
        std::memcpy(&v6.sin6_port, addresses + 32, 2);
    } else {
        return {};
    }
    return address::from(room);
}

// Over the whole header, the four bytes of the checksum itself counted as zero (section 2.2.3).
bool checksum_holds(byte_view header, std::size_t value_at) {
    constexpr std::size_t width = 4;
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;  // CRC-32C
    sum.process_bytes(header.data(), value_at);
    sum.process_bytes("\0\0\0\0", width);
    sum.process_bytes(header.data() + value_at + width, header.size() - value_at - width);
    const auto sent = number16(header, value_at) << 16 | number16(header, value_at + 2);
    return sum.checksum() == sent;
}

// What follows the addresses: a type, a length and a value each. Nothing of it is used but the
// checksum; that the lengths add up is checked, since a header cut short elsewhere would not.
std::string_view trouble_with_rest(byte_view header, std::size_t at) {
    constexpr unsigned checksum_type = 0x03;
    constexpr std::size_t type_and_length = 3;
    while (at < header.size()) {
        const auto left = header.size() - at;
        if (left < type_and_length || left - type_and_length < number16(header, at + 1))
            return "a PROXY header whose parts are longer than itself";
        const auto length = number16(header, at + 1);
        at += type_and_length;
        if (octet(header, at - type_and_length) == checksum_type &&
            (length != 4 || !checksum_holds(header, at)))
            return "a PROXY header whose checksum is wrong";
        at += length;
    }
    return {};
}

proxy_header read_binary(byte_view bytes) {
    if (bytes.size() < fixed_part)
        return {};
    const auto command = octet(bytes, 12);
    if (command != local_command && command != proxy_command)
        return malformed("a PROXY header of another version or with an unknown command");
    const auto size = fixed_part + number16(bytes, 14);
    if (size > proxy_header::longest)
        return malformed("a PROXY header longer than 4096 bytes");
    const auto family = octet(bytes, 13);
    const auto addresses = address_bytes(family);
    if (command == proxy_command && !addresses)
        return malformed("a PROXY header with an unknown address family");
    if (command == proxy_command && size < fixed_part + *addresses)
        return malformed("a PROXY header too short for its addresses");
    if (bytes.size() < size)
        return {};
    // The sender itself, or nobody it knows: all that follows is to be ignored.
    if (command == local_command || family == 0)
        return complete(size);
    const auto header = bytes.substr(0, size);
    if (const auto trouble = trouble_with_rest(header, fixed_part + *addresses); !trouble.empty())
        return malformed(trouble);
    const auto client = source_address(header, family);
    return complete(size, client ? client->unmapped() : client);
}

}  // namespace

proxy_header read_proxy_header(byte_view bytes) {
    if (may_begin_with(bytes, line_begin))
        return read_line(bytes);
    if (may_begin_with(bytes, signature))
        return read_binary(bytes);
    return malformed("no PROXY header");
}

}  // namespace sluice::net
