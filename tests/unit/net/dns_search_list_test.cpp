// SPDX-License-Identifier: Apache-2.0
#include "net/dns/search_list.hpp"

#include <catch2/catch.hpp>

using names = std::vector<std::string>;

TEST_CASE("a name with fewer dots than ndots is looked for in the search domains first") {
    const sluice::net::dns::search_list list{{"shop.svc", "svc"}, 2};
    CHECK(list.candidates("cart") == names{"cart.shop.svc", "cart.svc", "cart"});
    CHECK(list.candidates("a.b.c") == names{"a.b.c", "a.b.c.shop.svc", "a.b.c.svc"});
    CHECK(list.candidates("cart.") == names{"cart"});
}

TEST_CASE("without search domains a name is just itself") {
    CHECK(sluice::net::dns::search_list{}.candidates("cart") == names{"cart"});
    CHECK(sluice::net::dns::search_list{{"."}, 1}.candidates("cart") == names{"cart"});
}

TEST_CASE("a name that grows too long with a search domain is not looked for there") {
    const std::string name(60, 'a');
    const sluice::net::dns::search_list list{{std::string(200, 'b'), "short"}, 1};
    CHECK(list.candidates(name) == names{name + ".short", name});
}
