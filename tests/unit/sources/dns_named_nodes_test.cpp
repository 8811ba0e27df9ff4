// SPDX-License-Identifier: Apache-2.0
#include "fake/resolver.hpp"
#include "sources/dns/named_nodes.hpp"

#include <catch2/catch.hpp>

#include <map>

using fake::resolver;
using sluice::net::dns_question;
using sluice::net::family_order;
using sluice::net::record_kind;
using sluice::service::dns_name;
using sluice::sources::lookup;

namespace {

/// Lookups that have had one answer each.
class answered {
public:
    answered& with(const std::string& name, record_kind kind, const resolver::answer& what) {
        lookups_[{name, kind}].take(what, {}, 0);
        return *this;
    }
    answered& v4(const std::string& name, std::vector<std::string> ips) {
        return with(name, record_kind::a, resolver::found(std::move(ips)));
    }
    answered& v6(const std::string& name, std::vector<std::string> ips) {
        return with(name, record_kind::aaaa, resolver::found(std::move(ips)));
    }
    answered& srv(const std::string& name, std::vector<sluice::net::service_record> records) {
        return with(name, record_kind::srv, resolver::services(std::move(records)));
    }

    const lookup* find(const dns_question& what) const {
        const auto found = lookups_.find(what);
        return found == lookups_.end() ? nullptr : &found->second;
    }
    /// `address/weight/tier` of each node.
    std::string nodes(const std::vector<dns_name>& names,
                      family_order order = family_order::v4_first) const {
        std::string all;
        for (const auto& one : sluice::sources::nodes_of(
                 names, [this](const auto& what) { return find(what); },
                 [order](const auto&) { return order; }))
            all += (all.empty() ? "" : " ") + one.address.to_string() + "/" +
                   std::to_string(one.weight) + "/" + std::to_string(one.tier);
        return all;
    }

private:
    std::map<dns_question, lookup> lookups_;
};

}  // namespace

TEST_CASE("every address of a name is a node with the port and weight of its entry") {
    const auto known = answered().v4("a", {"10.0.0.2", "10.0.0.1"}).v4("b", {"10.0.0.3"});
    CHECK(known.nodes({{"a", 80, 5}, {"b", 81, 1}}) ==
          "10.0.0.1:80/5/0 10.0.0.2:80/5/0 10.0.0.3:81/1/0");
    CHECK(known.nodes({{"unknown", 80, 1}}).empty());
}

TEST_CASE("two families of one name are two tiers, in the order this machine prefers") {
    const auto known = answered().v4("a", {"10.0.0.1"}).v6("a", {"2001:db8::1"});
    CHECK(known.nodes({{"a", 80, 1}}) == "10.0.0.1:80/1/0 [2001:db8::1]:80/1/1");
    CHECK(known.nodes({{"a", 80, 1}}, family_order::v6_first) ==
          "[2001:db8::1]:80/1/0 10.0.0.1:80/1/1");
}

TEST_CASE("a name with a single family is of the first tier, whatever other names have") {
    const auto known = answered()
                           .v4("both", {"10.0.0.1"})
                           .v6("both", {"2001:db8::1"})
                           .v6("six", {"2001:db8::2"})
                           .v4("four", {"10.0.0.3"});
    CHECK(known.nodes({{"six", 80, 1}}) == "[2001:db8::2]:80/1/0");
    CHECK(known.nodes({{"both", 80, 1}, {"six", 80, 1}, {"four", 80, 1}}) ==
          "10.0.0.1:80/1/0 10.0.0.3:80/1/0 [2001:db8::2]:80/1/0 [2001:db8::1]:80/1/1");
}

TEST_CASE("an address found twice is one node of the lowest tier and the largest weight") {
    const auto known = answered()
                           .v4("a", {"10.0.0.1", "10.0.0.2"})
                           .v4("b", {"10.0.0.1"})
                           .v4("c", {"10.0.0.2"})
                           .v6("c", {"2001:db8::1"});
    CHECK(known.nodes({{"a", 80, 1}, {"b", 80, 7}, {"b", 81, 1}}) ==
          "10.0.0.1:80/7/0 10.0.0.2:80/1/0 10.0.0.1:81/1/0");
    CHECK(known.nodes({{"c", 80, 1}, {"a", 80, 1}}, family_order::v6_first) ==
          "10.0.0.1:80/1/0 10.0.0.2:80/1/0 [2001:db8::1]:80/1/0");
}

TEST_CASE("SRV records bring port and weight, and their priorities are tiers") {
    const auto known =
        answered()
            .srv("_h._tcp.s",
                 {{"a", 8080, 10, 60}, {"b", 8081, 10, 0}, {"c", 8082, 5, 1}, {"lost", 80, 1, 1}})
            .v4("a.", {"10.0.0.1"})
            .v4("b.", {"10.0.0.2", "10.0.0.3"})
            .v4("c.", {"10.0.0.4"});
    CHECK(known.nodes({{"_h._tcp.s", 0, 1}}) ==
          "10.0.0.4:8082/1/0 10.0.0.1:8080/60/1 10.0.0.2:8081/1/1 10.0.0.3:8081/1/1");
}

TEST_CASE("families are tiers within each priority, and numbers leave no gap") {
    const auto known = answered()
                           .srv("_h._tcp.s", {{"a", 80, 10, 1}, {"b", 80, 20, 1}})
                           .v4("a.", {"10.0.0.1"})
                           .v6("a.", {"2001:db8::1"})
                           .v4("b.", {"10.0.0.2"})
                           .v6("b.", {"2001:db8::2"});
    CHECK(known.nodes({{"_h._tcp.s", 0, 1}}) ==
          "10.0.0.1:80/1/0 [2001:db8::1]:80/1/1 10.0.0.2:80/1/2 [2001:db8::2]:80/1/3");
}

TEST_CASE("a node knows the name its certificate must have, without a dot at the end") {
    const auto known = answered().v4("a.b.", {"10.0.0.1"});
    const auto nodes = sluice::sources::nodes_of(
        {{"a.b.", 80, 1}}, [&](const auto& what) { return known.find(what); },
        [](const auto&) { return family_order::v4_first; });
    CHECK(nodes.at(0).name == "a.b");
}

TEST_CASE("a target of SRV records must be certified within the domain that was configured") {
    const auto known = answered()
                           .srv("_h._tcp.shop.test", {{"one.shop.test", 80, 1, 1},
                                                      {"shop.test", 81, 1, 1},
                                                      {"evil.test", 82, 1, 1},
                                                      {"evilshop.test", 83, 1, 1}})
                           .v4("one.shop.test.", {"10.0.0.1"})
                           .v4("shop.test.", {"10.0.0.2"})
                           .v4("evil.test.", {"10.0.0.3"})
                           .v4("evilshop.test.", {"10.0.0.4"});
    const auto nodes = sluice::sources::nodes_of(
        {{"_h._tcp.shop.test", 0, 1}}, [&](const auto& what) { return known.find(what); },
        [](const auto&) { return family_order::v4_first; });
    REQUIRE(nodes.size() == 4);
    CHECK(nodes[0].name == "one.shop.test");
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(nodes[i].name == "shop.test");
}

TEST_CASE("a name is asked for both families, SRV for its targets too, each once") {
    const auto known = answered().srv("_h._tcp.s", {{"b", 80, 1, 1}, {"a", 80, 1, 1}});
    using sluice::sources::questions_of;
    const auto find = [&](const auto& what) { return known.find(what); };
    CHECK(questions_of({{"b", 80, 1}, {"b", 81, 1}}, find) ==
          std::vector<dns_question>{{"b", record_kind::a}, {"b", record_kind::aaaa}});
    CHECK(questions_of({{"_h._tcp.s", 0, 1}, {"b", 80, 1}}, find) ==
          std::vector<dns_question>{{"_h._tcp.s", record_kind::srv},
                                    {"a.", record_kind::a},
                                    {"a.", record_kind::aaaa},
                                    {"b", record_kind::a},
                                    {"b", record_kind::aaaa},
                                    {"b.", record_kind::a},
                                    {"b.", record_kind::aaaa}});
    CHECK(questions_of({{"_x._tcp.s", 0, 1}}, find) ==
          std::vector<dns_question>{{"_x._tcp.s", record_kind::srv}});
}
