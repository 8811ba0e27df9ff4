// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/target.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::literals;
using sluice::arena;
using sluice::http::authority;
using sluice::http::parse_authority;
using sluice::http::same_authority;

TEST_CASE("a host loses its case, its port and one trailing dot") {
    arena room;
    const auto read = [&](std::string_view raw) {
        const auto found = parse_authority(raw, room);
        return found ? std::string{found->host} + "|" + std::string{found->port} : "refused";
    };
    CHECK(read("shop.example.com") == "shop.example.com|");
    CHECK(read("Shop.EXAMPLE.com.") == "shop.example.com|");
    CHECK(read("shop.example.com.:8080") == "shop.example.com|8080");
    CHECK(read("10.0.0.1:65535") == "10.0.0.1|65535");
    CHECK(read("x:") == "x|");
    CHECK(read("x:0080") == "x|0080");
    CHECK(read("[2001:DB8::1]:443") == "[2001:db8::1]|443");
    CHECK(read("[::ffff:1.2.3.4]") == "[::ffff:1.2.3.4]|");
    CHECK(read("under_score.x") == "under_score.x|");
}

TEST_CASE("a host that needs no folding is the received bytes") {
    arena room;
    const std::string raw = "shop.example.com:80";
    CHECK(parse_authority(raw, room)->host.data() == raw.data());
}

TEST_CASE("a Host that is none is refused") {
    arena room;
    for (const std::string_view raw : {""sv,
                                       ":80"sv,
                                       "."sv,
                                       "a..b"sv,
                                       ".a"sv,
                                       "a.."sv,
                                       "a@b"sv,
                                       "a@b/c"sv,
                                       "a/b"sv,
                                       "a?b"sv,
                                       "a#b"sv,
                                       "a b"sv,
                                       " a"sv,
                                       "a\\b"sv,
                                       "a\0b"sv,
                                       "a\xC3\xA9"sv,
                                       "%61"sv,
                                       "a:b"sv,
                                       "a:80:80"sv,
                                       "a:-1"sv,
                                       "a:+1"sv,
                                       "a:65536"sv,
                                       "a:99999999999999999999"sv,
                                       "::1"sv,
                                       "[::1"sv,
                                       "[::1]x"sv,
                                       "[::1]:x"sv,
                                       "[]"sv,
                                       "[::1%eth0]"sv,
                                       "[v1.x]"sv,
                                       "[1.2.3.4]"sv,
                                       "[::1]]"sv,
                                       "a[::1]"sv,
                                       "[::1\0]"sv,
                                       "<a>"sv})
        CHECK_FALSE(parse_authority(raw, room));
    CHECK(parse_authority(std::string(255, 'a'), room));
    CHECK_FALSE(parse_authority(std::string(256, 'a'), room));
}

TEST_CASE("authorities are the same when host and effective port are") {
    const auto same = [](authority a, authority b) { return same_authority(a, b, "80"); };
    CHECK(same({"x", ""}, {"x", "80"}));
    CHECK(same({"x", "080"}, {"x", "80"}));
    CHECK_FALSE(same({"x", ""}, {"x", "443"}));
    CHECK_FALSE(same({"x", ""}, {"y", ""}));
    CHECK(same({"x", "8080"}, {"x", "8080"}));
}
