// SPDX-License-Identifier: Apache-2.0
#include "net/dns/server_ranks.hpp"

#include <catch2/catch.hpp>

using order = std::vector<std::size_t>;
using sluice::time_point;
using sluice::net::dns::server_ranks;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};
constexpr auto over = start + server_ranks::grudge;

}  // namespace

TEST_CASE("name servers are asked as they are written") {
    server_ranks ranks(3);
    CHECK(ranks.order(start) == order{0, 1, 2});
    ranks.heard(2);
    CHECK(ranks.order(start) == order{0, 1, 2});
}

TEST_CASE("a silent name server comes last as long as the grudge lasts") {
    server_ranks ranks(3);
    ranks.silent(0, start);
    CHECK(ranks.order(start) == order{1, 2, 0});
    CHECK(ranks.order(over - 1ns) == order{1, 2, 0});
    ranks.silent(1, start);
    CHECK(ranks.order(over - 1ns) == order{2, 0, 1});
}

TEST_CASE("after the grudge a single question asks the silent name server first") {
    server_ranks ranks(2);
    ranks.silent(0, start);
    CHECK(ranks.order(over) == order{0, 1});
    for (int i = 0; i < 100; ++i)
        CHECK(ranks.order(over + 1h) == order{1, 0});
    SECTION("silent again, it has another grudge") {
        ranks.silent(0, over + 1h);
        CHECK(ranks.order(over + 1h) == order{1, 0});
        CHECK(ranks.order(over + 1h + server_ranks::grudge) == order{0, 1});
        CHECK(ranks.order(over + 1h + server_ranks::grudge) == order{1, 0});
    }
    SECTION("heard, it has its place again") {
        ranks.heard(0);
        CHECK(ranks.order(over + 1h) == order{0, 1});
        CHECK(ranks.order(over + 1h) == order{0, 1});
    }
}

TEST_CASE("one question finds out about one name server") {
    server_ranks ranks(3);
    ranks.silent(0, start);
    ranks.silent(1, start);
    CHECK(ranks.order(over) == order{0, 2, 1});
    CHECK(ranks.order(over) == order{1, 2, 0});
    CHECK(ranks.order(over) == order{2, 0, 1});
}

TEST_CASE("nobody finds out about a name server behind one that answers") {
    server_ranks ranks(2);
    ranks.silent(1, start);
    CHECK(ranks.order(over) == order{0, 1});
    ranks.silent(0, over);
    // it is still to be found out about: nothing went to it yet
    CHECK(ranks.order(over) == order{1, 0});
    ranks.heard(0);
    CHECK(ranks.order(over) == order{0, 1});
}

TEST_CASE("where all name servers are silent all are asked") {
    server_ranks ranks(2);
    ranks.silent(0, start);
    ranks.silent(1, start);
    CHECK(ranks.order(start) == order{0, 1});
    CHECK(ranks.order(over) == order{0, 1});
    CHECK(ranks.order(over) == order{1, 0});
    CHECK(ranks.order(over) == order{0, 1});
}
