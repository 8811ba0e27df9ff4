// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/listener.hpp"
#include "sluice/http/true_client.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <string>

using sluice::net::cidr;
namespace http = sluice::http;

namespace {

struct fixture {
    fixture() {
        for (const auto block : {"10.0.0.0/8", "2001:db8:1::/48"})
            listener.trusted_proxies.push_back(*cidr::parse(block));
        sender.ip = "10.0.0.9";
        sender.address = "10.0.0.9:4711";
        sender.listener = &listener;
        sender.trusted = true;
    }
    http::true_client after(std::initializer_list<std::string_view> lines) {
        head.fields.clear();
        head.fields.add("X-Real-IP", "9.9.9.9");
        for (const auto line : lines)
            head.fields.add("X-Forwarded-For", line);
        head.fields.add("Forwarded", "for=9.9.9.9");
        return http::find_true_client(head, sender, room);
    }

    http::listener_settings listener;
    http::client_facts sender;
    http::request_head head;
    sluice::arena room;
};

}  // namespace

TEST_CASE_METHOD(fixture, "a sender that is not trusted is the client, whatever it says") {
    sender.trusted = false;
    CHECK(after({"203.0.113.9"}).address == "10.0.0.9:4711");
    CHECK(after({"203.0.113.9"}).ip == "10.0.0.9");
}

TEST_CASE_METHOD(fixture, "a trusted sender that names nobody is the client itself") {
    CHECK(after({}).address == "10.0.0.9:4711");
    CHECK(after({""}).address == "10.0.0.9:4711");
    CHECK(after({" , ,"}).address == "10.0.0.9:4711");
}

TEST_CASE_METHOD(
    fixture, "behind trusted proxies the nearest address that is not one of them is the client") {
    struct row {
        std::initializer_list<std::string_view> lines;
        std::string ip, address;
    };
    for (const auto& [lines, ip, address] : {
             row{{"203.0.113.9"}, "203.0.113.9", "203.0.113.9:0"},
             row{{"6.6.6.6, 203.0.113.9"}, "203.0.113.9", "203.0.113.9:0"},
             row{{"6.6.6.6", "203.0.113.9", "10.1.1.1"}, "203.0.113.9", "203.0.113.9:0"},
             row{{"6.6.6.6,203.0.113.9 ,\t10.1.1.1, 2001:db8:1::7"},
                 "203.0.113.9",
                 "203.0.113.9:0"},
             row{{"203.0.113.9:55, 10.1.1.1:9"}, "203.0.113.9", "203.0.113.9:55"},
             row{{"2001:DB8::0:9"}, "2001:db8::9", "[2001:db8::9]:0"},
             row{{"[2001:db8::9]"}, "2001:db8::9", "[2001:db8::9]:0"},
             row{{"[2001:db8::9]:55"}, "2001:db8::9", "[2001:db8::9]:55"},
             row{{"::ffff:203.0.113.9, ::ffff:10.0.0.1"}, "203.0.113.9", "203.0.113.9:0"},
             row{{", 203.0.113.9, ,"}, "203.0.113.9", "203.0.113.9:0"},
             row{{"10.3.3.3, 10.2.2.2"}, "10.3.3.3", "10.3.3.3:0"},  // all are: the first
         }) {
        INFO(address);
        const auto found = after(lines);
        CHECK(found.ip == ip);
        CHECK(found.address == address);
    }
}

TEST_CASE_METHOD(fixture, "an entry that is no address ends the search at the last one that was") {
    for (const std::string bad :
         {"unknown", "_hidden", "203.0.113.256", "203.0.113.9:", "[::1", "[203.0.113.9]",
          "203.0.113.9:65536", "unix:/x", "\"203.0.113.9\"", "a b", "[]"}) {
        INFO(bad);
        CHECK(after({"6.6.6.6, " + bad + ", 10.2.2.2, 10.1.1.1"}).ip == "10.2.2.2");
        CHECK(after({"6.6.6.6", bad}).address == "10.0.0.9:4711");
    }
}

TEST_CASE_METHOD(fixture, "a list that never ends is not gone through to its end") {
    std::string list = "6.6.6.6";
    for (int hop = 100; hop > 0; --hop)
        list += ", 10.0.0." + std::to_string(hop);
    CHECK(after({list}).ip == "10.0.0.64");
}
