// SPDX-License-Identifier: Apache-2.0
#include "fake/dns_message.hpp"
#include "net/dns/answer_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace sluice::net::dns {

namespace {

using fake::dns_message;
using verdict = dns_answer::verdict;
using namespace std::chrono_literals;

dns_answer read(const dns_message& from, record_kind kind = record_kind::a) {
    return read_answer(from.bytes(), kind);
}

std::string ips(const dns_answer& of) {
    std::string all;
    for (const auto& one : of.addresses)
        all += (all.empty() ? "" : " ") + one.ip();
    return all;
}

}  // namespace

TEST_CASE("addresses are sorted, each once, with the shortest TTL") {
    const auto answer = read(dns_message("App.Example", ns_t_a)
                                 .a("@", "10.0.0.2", 60)
                                 .a("@", "10.0.0.1", 30)
                                 .a("app.EXAMPLE", "10.0.0.2", 90));
    CHECK(answer.what == verdict::found);
    CHECK(ips(answer) == "10.0.0.1 10.0.0.2");
    CHECK(answer.ttl == 30s);
    CHECK(answer.addresses.at(0).port() == 0);
}

TEST_CASE("AAAA records are read, and records of another kind or owner are not") {
    const auto answer = read(dns_message("app.example", ns_t_aaaa)
                                 .aaaa("@", "2001:db8::2", 5)
                                 .a("@", "10.0.0.1", 1)
                                 .aaaa("other.example", "2001:db8::9", 1)
                                 .odd("@", ns_t_txt, std::string("\x02hi", 3)),
                             record_kind::aaaa);
    CHECK(ips(answer) == "2001:db8::2");
    CHECK(answer.ttl == 5s);
}

TEST_CASE("an AAAA record that holds an IPv4 address stays one of IPv6") {
    const auto answer =
        read(dns_message("app.example", ns_t_aaaa).aaaa("@", "::ffff:10.0.0.1"), record_kind::aaaa);
    REQUIRE(answer.addresses.size() == 1);
    CHECK(answer.addresses[0].is_v6());
    CHECK(answer.addresses[0].with_port(80).to_string() == "[::ffff:10.0.0.1]:80");
}

TEST_CASE("a chain of aliases is followed in any order, and its shortest TTL counts") {
    const auto answer = read(dns_message("app.example", ns_t_a)
                                 .a("c.example", "10.0.0.1", 60)
                                 .cname("b.example", "c.example", 7)
                                 .cname("@", "B.example", 300));
    CHECK(ips(answer) == "10.0.0.1");
    CHECK(answer.ttl == 7s);
}

TEST_CASE("aliases in a circle, or too many in a row, are a failure") {
    const auto circle = read(
        dns_message("a.example", ns_t_a).cname("@", "b.example").cname("b.example", "a.example"));
    CHECK(circle.what == verdict::failed);
    CHECK(circle.why == "aliases without end");
    const std::size_t length = most_aliases + GENERATE(0U, 1U);
    dns_message chain("0.example", ns_t_a);
    for (std::size_t at = 0; at < length; ++at)
        chain.cname(std::to_string(at) + ".example", std::to_string(at + 1) + ".example");
    chain.a(std::to_string(length) + ".example", "10.0.0.1");
    CHECK(read(chain).what == (length == most_aliases ? verdict::found : verdict::failed));
}

TEST_CASE("SRV records carry port, priority and weight, and the target loses dot and case") {
    const auto answer = read(dns_message("_http._tcp.shop.example", ns_t_srv)
                                 .srv("@", 20, 0, 8081, "B.shop.example", 9)
                                 .srv("@", 10, 5, 8080, "a.shop.example", 60),
                             record_kind::srv);
    REQUIRE(answer.what == verdict::found);
    CHECK(answer.services == std::vector<service_record>{{"a.shop.example", 8080, 10, 5},
                                                         {"b.shop.example", 8081, 20, 0}});
    CHECK(answer.ttl == 9s);
}

TEST_CASE("SRV records without a service, a port or a name for a target are left out") {
    const auto answer = read(dns_message("_http._tcp.shop.example", ns_t_srv)
                                 .srv("@", 0, 0, 80, "")
                                 .srv("@", 0, 0, 0, "a.example")
                                 .srv("@", 0, 0, 80, "a b.example")
                                 .soa("example", 60, 40),
                             record_kind::srv);
    CHECK(answer.what == verdict::absent);
    CHECK(answer.services.empty());
}

TEST_CASE("a name that does not exist, and one without such records, are absent as long as the SOA "
          "record says") {
    const auto missing =
        read(dns_message("no.example", ns_t_a, ns_r_nxdomain).soa("example", 300, 40));
    CHECK(missing.what == verdict::absent);
    CHECK(missing.ttl == 40s);
    const auto empty = read(dns_message("app.example", ns_t_a).soa("example", 20, 40));
    CHECK(empty.what == verdict::absent);
    CHECK(empty.ttl == 20s);
    const auto silent = read(dns_message("app.example", ns_t_a));
    CHECK(silent.what == verdict::absent);
    CHECK(silent.ttl == 0s);
    const auto alias =
        read(dns_message("app.example", ns_t_aaaa).cname("@", "v4.example"), record_kind::aaaa);
    CHECK(alias.what == verdict::absent);
}

TEST_CASE("addresses no node can have are left out") {
    const auto v4 = read(dns_message("app.example", ns_t_a)
                             .a("@", "0.0.0.0")
                             .a("@", "224.0.0.1")
                             .a("@", "255.255.255.255")
                             .a("@", "127.0.0.1"));
    CHECK(ips(v4) == "127.0.0.1");
    const auto v6 = read(dns_message("app.example", ns_t_aaaa)
                             .aaaa("@", "::")
                             .aaaa("@", "::ffff:0.0.0.0")
                             .aaaa("@", "::ffff:224.0.0.1")
                             .aaaa("@", "fe80::1")
                             .aaaa("@", "ff02::1"),
                         record_kind::aaaa);
    CHECK(v6.what == verdict::absent);
}

TEST_CASE("other verdicts of a server are failures with its word") {
    CHECK(read(dns_message("a.example", ns_t_a, ns_r_servfail)).why == "SERVFAIL");
    CHECK(read(dns_message("a.example", ns_t_a, ns_r_refused)).why == "REFUSED");
    CHECK(read(dns_message("a.example", ns_t_a, ns_r_formerr)).what == verdict::failed);
    CHECK(read(dns_message("a.example", ns_t_a, 0, 0x0200)).why == "a truncated answer");
}

TEST_CASE("bytes that are no answer are failures") {
    CHECK(read_answer({}, record_kind::a).what == verdict::failed);
    const std::vector<std::uint8_t> garbage(40, 0xff);
    CHECK(read_answer(garbage, record_kind::a).what == verdict::failed);
    CHECK(read(dns_message("a.example", ns_t_a).odd("@", ns_t_a, "abc")).why == "a broken record");
    CHECK(read(dns_message("a.example", ns_t_aaaa).odd("@", ns_t_aaaa, "abcd"), record_kind::aaaa)
              .why == "a broken record");
    CHECK(read(dns_message("a.example", ns_t_srv).odd("@", ns_t_srv, "abcdef"), record_kind::srv)
              .why == "a broken record");
    CHECK(
        read(dns_message("a.example", ns_t_srv).srv("@", 0, 0, 80, "a..example"), record_kind::srv)
            .why == "a broken record");
    CHECK(read(dns_message("a.example", ns_t_a).a("@", "10.0.0.1").claim_answers(2)).what ==
          verdict::failed);
    auto query = dns_message("a.example", ns_t_a).bytes();
    query[2] &= 0x7f;
    CHECK(read_answer(query, record_kind::a).why == "not an answer");
}

TEST_CASE("every cut of a good answer is a failure, or an answer") {
    const auto whole = dns_message("_http._tcp.shop.example", ns_t_srv)
                           .srv("@", 10, 5, 8080, "a.shop.example")
                           .soa("example", 60, 60)
                           .bytes();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + length);
        CHECK(read_answer(cut, record_kind::srv).what == verdict::failed);
    }
}

TEST_CASE("four thousand addresses are read, what no message can hold is refused") {
    dns_message large("app.example", ns_t_a);
    const std::size_t count = GENERATE(1'000U, 4'000U, 5'000U);
    for (std::size_t at = 0; at < count; ++at)
        large.a("@", ("10.1." + std::to_string(at / 250) + "." + std::to_string(at % 250)).c_str());
    CHECK(read(large).addresses.size() == (count == 5'000 ? 0 : count));
}

TEST_CASE("a TTL beyond all measure means none") {
    CHECK(read(dns_message("a.example", ns_t_a).a("@", "10.0.0.1", 0x8000'0000)).ttl == 0s);
    CHECK(read(dns_message("a.example", ns_t_a).a("@", "10.0.0.1", 0x7fff'ffff)).ttl ==
          std::chrono::seconds{0x7fff'ffff});
}

}  // namespace sluice::net::dns
