// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/address.hpp"
#include "sluice/net/cidr.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <utility>

using sluice::net::address;
using sluice::net::cidr;

TEST_CASE("addresses come back as they were written") {
    for (const std::string text : {"10.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:443",
                                   "[::ffff:192.0.2.7]:80", "unix:/run/x.sock"}) {
        const auto read = address::parse(text);
        REQUIRE(read);
        CHECK(read->to_string() == text);
        sockaddr_storage room;
        REQUIRE(read->to_sockaddr(room) > 0);
        CHECK(address::from(room) == *read);
    }
    CHECK(address::parse("[2001:DB8:0:0::1]:1")->to_string() == "[2001:db8::1]:1");
    CHECK(address::parse("[::1]:80")->ip() == "::1");
}

TEST_CASE("texts that are no address are refused") {
    for (const std::string text : {"",
                                   ":",
                                   ":80",
                                   "80",
                                   "10.0.0.1",
                                   "10.0.0.1:",
                                   "10.0.0.1:65536",
                                   "10.0.0.1:080",
                                   "10.0.0.1:+80",
                                   "10.0.0.1:8a",
                                   "10.0.0:80",
                                   "010.0.0.1:80",
                                   "10.0.0.1 :80",
                                   "localhost:80",
                                   "::1:80",
                                   "[::1]",
                                   "[::1:80",
                                   "[10.0.0.1]:80",
                                   "[]:80",
                                   "[::1%lo]:80",
                                   "unix:",
                                   "unix:/",
                                   "unix:x.sock"})
        CHECK_FALSE(address::parse(text));
    CHECK_FALSE(address::parse("unix:/" + std::string(200, 'x')));
    CHECK_FALSE(address::parse(std::string("unix:/a\0b", 9)));
    CHECK_FALSE(address::parse(std::string("10.0.0.1\0:80", 12)));
}

TEST_CASE("a passed socket is known by its name alone") {
    const auto one = address::passed("web");
    CHECK(one.to_string() == "systemd:web");
    CHECK(one == address::passed("web"));
    CHECK(one != address::passed("other"));
    CHECK(one.is_passed());
    CHECK_FALSE(one.is_unix());
    CHECK_FALSE(one.is_loopback());
    CHECK_FALSE(one.is_any_port());
    CHECK_FALSE(address::parse("systemd:web"));
    sockaddr_storage room;
    CHECK(one.to_sockaddr(room) == 0);
}

TEST_CASE("the longest usable Unix path fits with its terminator") {
    const std::string path = "/" + std::string(sizeof(sockaddr_un::sun_path) - 2, 'x');
    REQUIRE(address::parse("unix:" + path));
    CHECK_FALSE(address::parse("unix:" + path + "x"));
    sockaddr_storage room;
    CHECK(address::parse("unix:" + path)->to_sockaddr(room) == sizeof(sockaddr_un));
}

TEST_CASE("loopback is 127/8, ::1 and Unix sockets") {
    for (const auto text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/x"})
        CHECK(address::parse(text)->is_loopback());
    for (const auto text : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::2]:1"})
        CHECK_FALSE(address::parse(text)->is_loopback());
    CHECK_FALSE(address().is_loopback());
}

TEST_CASE("a block holds its addresses and no others") {
    const auto block = cidr::parse("10.2.0.0/15").value();
    CHECK(block.contains(*address::parse("10.2.0.0:1")));
    CHECK(block.contains(*address::parse("10.3.255.255:1")));
    CHECK_FALSE(block.contains(*address::parse("10.4.0.0:1")));
    CHECK_FALSE(block.contains(*address::parse("10.1.255.255:1")));
    CHECK(block.contains(*address::parse("[::ffff:10.2.2.3]:1")));
    CHECK_FALSE(block.contains(*address::parse("unix:/x")));
    CHECK_FALSE(block.contains(address()));
    CHECK(cidr::parse("0.0.0.0/0")->contains(*address::parse("1.2.3.4:5")));
    CHECK_FALSE(cidr::parse("0.0.0.0/0")->contains(*address::parse("[2001:db8::1]:5")));
    CHECK(cidr::parse("2001:db8::/32")->contains(*address::parse("[2001:db8:ffff::1]:5")));
    CHECK(cidr::parse("127.0.0.1")->to_string() == "127.0.0.1/32");
}

TEST_CASE("texts that are no block are refused") {
    for (const auto text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.1/8",
                            "::/129", "10.0.0.0/8/8", "ten", "10.0.0.0:80/8", "10.0.0.0/-1"})
        CHECK_FALSE(cidr::parse(text));
}

TEST_CASE("an IP and a port that stand apart are read without brackets") {
    CHECK(address::parse("10.0.0.1", "80")->to_string() == "10.0.0.1:80");
    CHECK(address::parse("::1", "0")->to_string() == "[::1]:0");
    for (const auto& [ip, port] : {std::pair{"[::1]", "1"},
                                   {"10.0.0.1:80", "1"},
                                   {"", "1"},
                                   {"10.0.0.1", ""},
                                   {"10.0.0.1", "x"},
                                   {"unix:/x", "1"},
                                   {"localhost", "1"}}) {
        INFO(ip << ' ' << port);
        CHECK_FALSE(address::parse(ip, port));
    }
}

TEST_CASE("the longest address fits the room its text is said to need") {
    const auto longest = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
    char room[address::longest_text];
    CHECK(std::string(room, address::parse(longest)->write(room)) == longest);
    CHECK(address::parse("unix:/x")->write(room) == 0);
}

TEST_CASE("an IPv4 address in IPv6 clothes is unmapped, anything else stays") {
    CHECK(address::parse("[::ffff:10.0.0.1]:80")->unmapped() == *address::parse("10.0.0.1:80"));
    for (const auto text : {"10.0.0.1:80", "[::1]:80", "[2001:db8::ffff:a00:1]:80", "unix:/x"})
        CHECK(address::parse(text)->unmapped() == *address::parse(text));
}

TEST_CASE("unix stands for whoever connects to a Unix socket, and for nobody else") {
    const auto local = cidr::parse("unix").value();
    CHECK(local.is_unix());
    CHECK(local.to_string() == "unix");
    CHECK(local.contains(*address::parse("unix:/x")));
    CHECK_FALSE(local.contains(*address::parse("127.0.0.1:1")));
    CHECK_FALSE(local.contains(*address::parse("0.0.0.0:0")));
    CHECK_FALSE(local.contains(address()));
    sockaddr_storage nameless{};
    nameless.ss_family = AF_UNIX;
    CHECK(local.contains(address::from(nameless)));
    CHECK_FALSE(cidr::parse("0.0.0.0/0")->contains(address::from(nameless)));
    CHECK_FALSE(local == cidr::parse("0.0.0.0/0").value());
}
