// SPDX-License-Identifier: Apache-2.0
#include "net/dns/plain_name.hpp"

#include <catch2/catch.hpp>

#include <string>

using sluice::net::dns::plain_name;

TEST_CASE("a plain name is lower case without its last dot, and no other text is a name") {
    CHECK(plain_name("Shop.Example.") == "shop.example");
    CHECK(plain_name("_http._tcp.a-b") == "_http._tcp.a-b");
    for (const auto* none : {"", ".", "a..b", ".a", "a b", "a/b", "a\\.b", "\xc3\xa4.example"}) {
        INFO(none);
        CHECK(plain_name(none).empty());
    }
    CHECK(plain_name(std::string(63, 'a')).size() == 63);
    CHECK(plain_name(std::string(64, 'a')).empty());
}
