// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_header.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;
using sluice::net::address;
using sluice::net::proxy_header;
using sluice::net::read_proxy_header;
using state = proxy_header::state;

namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string v4_addresses = "\xcb\x00\x71\x09\x0a\x00\x00\x01\x12\x67\x01\xbb"s;
const std::string v6_addresses = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09"
                                 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x67\x01\xbb"s;
const std::string unix_addresses = "/a" + std::string(106, '\0') + "/b" + std::string(106, '\0');

std::string number16(std::size_t number) {
    return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

std::string binary(unsigned command, unsigned family, const std::string& rest) {
    return signature + static_cast<char>(command) + static_cast<char>(family) +
           number16(rest.size()) + rest;
}

std::string part(char type, const std::string& value) {
    return type + number16(value.size()) + value;
}

// CRC-32C a bit at a time, as RFC 3720 appendix B.4 describes it: not the table the code uses.
std::string checksum(std::string_view bytes) {
    std::uint32_t sum = 0xffffffff;
    for (const char one : bytes) {
        sum ^= static_cast<unsigned char>(one);
        for (int bit = 0; bit < 8; ++bit)
            sum = sum & 1 ? sum >> 1 ^ 0x82f63b78 : sum >> 1;
    }
    sum = ~sum;
    return number16(sum >> 16) + number16(sum & 0xffff);
}

// A header with a checksum between two other parts, before which `zeroes` stand for it.
std::string with_checksum(const std::string& addresses = v4_addresses, unsigned family = 0x11) {
    const auto before = addresses + part('\x02', "shop.test");
    const auto after = part('\x04', std::string(7, '\0'));
    const auto blank = binary(0x21, family, before + part('\x03', std::string(4, '\0')) + after);
    return binary(0x21, family, before + part('\x03', checksum(blank)) + after);
}

struct named {
    std::string header;
    std::string client;  // empty: nobody is named
};

std::vector<named> good_headers() {
    return {
        {"PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n", "203.0.113.9:4711"},
        {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 0\r\n", "255.255.255.255:65535"},
        {"PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n", "[2001:db8::9]:4711"},
        {"PROXY TCP6 FFFF:ffff:ffff:ffff:ffff:ffff:ffff:fff1 "
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1]:65535"},
        {"PROXY TCP6 ::ffff:203.0.113.9 ::1 4711 443\r\n", "203.0.113.9:4711"},
        {"PROXY UNKNOWN\r\n", ""},
        {"PROXY UNKNOWN whatever 203.0.113.9\r\n", ""},
        {"PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n", ""},
        {binary(0x21, 0x11, v4_addresses), "203.0.113.9:4711"},
        {binary(0x21, 0x12, v4_addresses), "203.0.113.9:4711"},
        {binary(0x21, 0x21, v6_addresses), "[2001:db8::9]:4711"},
        {binary(0x21, 0x22, v6_addresses), "[2001:db8::9]:4711"},
        {binary(0x21, 0x21,
                std::string(10, '\0') + "\xff\xff\xcb\x00\x71\x09"s + v6_addresses.substr(16)),
         "203.0.113.9:4711"},
        {binary(0x21, 0x31, unix_addresses), ""},
        {binary(0x21, 0x32, unix_addresses), ""},
        {binary(0x21, 0x00, ""), ""},
        {binary(0x21, 0x00, "not looked at"), ""},
        {binary(0x20, 0x00, ""), ""},
        {binary(0x20, 0x11, v4_addresses), ""},
        {binary(0x20, 0xff, "not looked at"), ""},
        {binary(0x21, 0x11, v4_addresses + part('\x01', "h2") + part('\xee', "")),
         "203.0.113.9:4711"},
        {binary(0x21, 0x11, v4_addresses + part('\x04', std::string(4096 - 16 - 12 - 3, 'x'))),
         "203.0.113.9:4711"},
        {with_checksum(), "203.0.113.9:4711"},
        {with_checksum(v6_addresses, 0x21), "[2001:db8::9]:4711"},
        {with_checksum(unix_addresses, 0x31), ""},
    };
}

std::vector<std::string> bad_headers() {
    auto wrong_sum = with_checksum();
    wrong_sum[20] ^= 1;  // an address that was not what was summed
    auto of_version_1 = binary(0x21, 0x11, v4_addresses);
    of_version_1[12] = '\x11';
    return {
        "GET / HTTP/1.1\r\n",
        "\x16\x03\x01",
        "P\n",
        "PROXX TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
        "proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
        "\r\n\r\n\r\n\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "PROXY \n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY UNKNOWN\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n",
        "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4\t1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 65536 1\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 -1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 0x2\r\n",
        "PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1 2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n",
        "PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP4 1.1.1.1\0 2.2.2.2 1 2\r\n"s,
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP4 1.1.1.1 ::1 1 2\r\n",
        "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n",
        "PROXY TCP6 ::1 2.2.2.2 1 2\r\n",
        "PROXY TCP6 [::1] [::1] 1 2\r\n",
        "PROXY TCP6 ::1%lo ::1 1 2\r\n",
        "PROXY TCP6 :::1 ::1 1 2\r\n",
        "PROXY TCP4 unix:/x 2.2.2.2 1 2\r\n",
        "PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n",
        "PROXY UNKNOWN " + std::string(107, 'x'),
        of_version_1,
        binary(0x22, 0x11, v4_addresses),
        binary(0x2f, 0x11, v4_addresses),
        binary(0x31, 0x11, v4_addresses),
        binary(0x21, 0x01, v4_addresses),
        binary(0x21, 0x10, v4_addresses),
        binary(0x21, 0x13, v4_addresses),
        binary(0x21, 0x41, unix_addresses),
        binary(0x21, 0xff, unix_addresses),
        binary(0x21, 0x11, ""),
        binary(0x21, 0x11, v4_addresses.substr(1)),
        binary(0x21, 0x21, v4_addresses),
        binary(0x21, 0x31, v6_addresses),
        binary(0x21, 0x11, v4_addresses + "\x01"),
        binary(0x21, 0x11, v4_addresses + "\x01\x00"s),
        binary(0x21, 0x11, v4_addresses + "\x01\x00\x01"s),
        binary(0x21, 0x11, v4_addresses + part('\x01', "h2") + "\x01\xff\xff"s),
        binary(0x21, 0x11, v4_addresses + part('\x03', "")),
        binary(0x21, 0x11, v4_addresses + part('\x03', "abc")),
        binary(0x21, 0x11, v4_addresses + part('\x03', "abcd")),
        binary(0x21, 0x11, v4_addresses + part('\x03', "abcde")),
        binary(0x20, 0x00, std::string(4096 - 15, 'x')),
        binary(0x21, 0x11, v4_addresses + part('\x04', std::string(4096 - 16 - 12 - 2, 'x'))),
        binary(0x21, 0x11, std::string(0xffff, '\0')),
        wrong_sum,
    };
}

}  // namespace

TEST_CASE("the client a header names is read, and the header's size to the byte") {
    for (const auto& [header, client] : good_headers()) {
        INFO(header);
        for (const auto& behind : {""s, "GET / HTTP/1.1\r\n"s, "\x16\x03\x01"s, header}) {
            const auto read = read_proxy_header(header + behind);
            REQUIRE(read.at == state::complete);
            CHECK(read.size == header.size());
            CHECK((read.client ? read.client->to_string() : "") == client);
        }
    }
}

TEST_CASE("a good header is incomplete at every byte before its last") {
    for (const auto& one : good_headers())
        for (std::size_t size = 0; size < one.header.size(); ++size) {
            INFO(one.header << " cut at " << size);
            CHECK(read_proxy_header(std::string_view(one.header).substr(0, size)).at ==
                  state::incomplete);
        }
}

TEST_CASE("a malformed header is refused with a reason, and no part of it was ever complete") {
    for (const auto& header : bad_headers()) {
        INFO(header);
        const auto read = read_proxy_header(header);
        CHECK(read.at == state::malformed);
        CHECK_FALSE(read.why.empty());
        CHECK_FALSE(read.client);
        bool refused = false;
        for (std::size_t size = 0; size < header.size(); ++size) {
            const auto part = read_proxy_header(std::string_view(header).substr(0, size)).at;
            CHECK(part != state::complete);
            CHECK((!refused || part == state::malformed));  // a verdict stands
            refused = part == state::malformed;
        }
    }
}

TEST_CASE("what cannot become a header is refused at the byte that tells") {
    CHECK(read_proxy_header("G").at == state::malformed);
    CHECK(read_proxy_header("\x16").at == state::malformed);
    CHECK(read_proxy_header("PR").at == state::incomplete);
    CHECK(read_proxy_header("PRI").at == state::malformed);
    CHECK(read_proxy_header("\r\n\r\nG").at == state::malformed);
    // A length is refused when it is told, not when it has arrived.
    CHECK(read_proxy_header(signature + "\x21\x11\xff\xff"s).at == state::malformed);
}
