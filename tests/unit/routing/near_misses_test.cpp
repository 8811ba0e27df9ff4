// SPDX-License-Identifier: Apache-2.0
#include "matcher_fixture.hpp"
#include "routing/near_misses.hpp"

#include <catch2/catch.hpp>

namespace sluice::routing {

namespace {

std::vector<near_miss> near(const std::vector<rule>& rules, const request& asked,
                            near_miss_bounds bounds = {}) {
    const matcher index{rules};
    return near_misses(
        index, rules.size(), [&](std::size_t at) -> const rule& { return rules[at]; }, asked,
        index.candidates(asked), bounds);
}

constexpr miss host_miss{miss::kind::host};
constexpr miss path_miss{miss::kind::path};

}  // namespace

TEST_CASE("a candidate is no near miss, even when its conditions fail") {
    rule post = on({"h.org"}, prefix("/a"));
    post.methods = {"POST"};
    CHECK(near({post, on({}, prefix("/a"))}, {"h.org", "/a/b"}).empty());
}

TEST_CASE("a route of the host loses by its path, one of another host by its host") {
    const auto found = near({on({"h.org"}, exact("/order")), on({"k.net"}, prefix("/orders"))},
                            {"h.org", "/orders"});
    REQUIRE(found.size() == 2);
    CHECK(found[0] == near_miss{0, path_miss});
    CHECK(found[1] == near_miss{1, host_miss});
}

TEST_CASE("slips come before strangers, and complete strangers not at all") {
    const std::vector<rule> rules{
        on({"shop.example.com"}, prefix("/far/away")), on({"unlike.net"}, prefix("/other")),
        on({"shop.example.com"}, prefix("/ordres")), on({"shpo.example.com"}, prefix("/orders"))};
    const auto found = near(rules, {"shop.example.com", "/orders/1"});
    REQUIRE(found.size() == 3);
    CHECK(found[0] == near_miss{3, host_miss});
    CHECK(found[1] == near_miss{2, path_miss});
    CHECK(found[2] == near_miss{0, path_miss});
}

TEST_CASE("who asks for fewer, or nearer ones, gets the nearest") {
    std::vector<rule> rules;
    for (int i = 0; i < 50; ++i)
        rules.push_back(
            on({"h"}, prefix("/a/" + std::string(static_cast<std::size_t>(i) + 3, 'x'))));
    rules.push_back(on({"h"}, prefix("/a/bb")));
    const auto found = near(rules, {"h", "/a/b"}, {3, 4});
    REQUIRE(found.size() == 3);
    CHECK(found[0].route == 50);
    CHECK(near({on({"h"}, prefix("/x/y/z"))}, {"h", "/a"}, {3, 2}).empty());
}

TEST_CASE("a wildcard is near to the name it stands under and to names like it") {
    CHECK(near({on({"*.example.org"})}, {"example.org", "/"}).at(0) == near_miss{0, host_miss});
    CHECK(near({on({"*.exmaple.org"})}, {"a.example.org", "/"}).size() == 1);
}

TEST_CASE("a regex is near when its literal beginning is there") {
    CHECK(near({on({"h"}, regex("/a/[0-9]+"))}, {"h", "/a/x"}, {5, 1}).size() == 1);
    CHECK(near({on({"h"}, regex("/a/[0-9]+"))}, {"h", "/b/1"}, {5, 2}).empty());
}

TEST_CASE("the asterisk of OPTIONS is near to nothing and harms nothing") {
    CHECK(near({on({"h"}, prefix("/")), on({"h"}, exact("/a"))}, {"h", "*", "OPTIONS"}, {5, 2})
              .empty());
}

TEST_CASE("a rule stands under the hosts a request is looked up under, and under no others") {
    const std::vector<rule> rules{on({"A.example.org."}), on({"*.example.org", "k"}), on({"*.org"}),
                                  on({}), on({"b.example.org"})};
    const matcher index{rules};
    const auto hosts = index.hosts_of(request{"a.example.org", "/"});
    CHECK(hosts.size() == 4);
    for (std::size_t i = 0; i < rules.size(); ++i)
        CHECK(index.has_host(rules[i], hosts) == (i < 4));
    CHECK_FALSE(index.has_host(on({"never.heard.of"}), hosts));
}

}  // namespace sluice::routing
