// SPDX-License-Identifier: Apache-2.0
// How long a ticket key lives. Time is handed in.
#include "net/ticket_keys.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::time_point;
using sluice::net::ticket_keys;

namespace {

constexpr time_point start{1000h};

}  // namespace

TEST_CASE("a key seals tickets for 12 hours and opens them for 12 more") {
    ticket_keys keys;
    const auto first = keys.current(start).value();
    CHECK(keys.current(start + 12h - 1s).value().name == first.name);

    const auto second = keys.current(start + 12h).value();
    CHECK(second.name != first.name);
    CHECK(second.cipher != first.cipher);
    CHECK(second.authenticator != first.authenticator);
    CHECK(keys.find(first.name, start + 24h - 1s).value().cipher == first.cipher);
    CHECK_FALSE(keys.find(first.name, start + 24h));
    CHECK(keys.find(second.name, start + 24h).value().cipher == second.cipher);
}

TEST_CASE("after a long silence no old key opens anything") {
    ticket_keys keys;
    const auto first = keys.current(start).value();
    CHECK_FALSE(keys.find(first.name, start + 100h));
    CHECK(keys.current(start + 100h).value().name != first.name);
}

TEST_CASE("a name nobody made opens nothing") {
    ticket_keys keys;
    CHECK_FALSE(keys.find(std::array<unsigned char, 16>{}, start));
    keys.current(start);
    CHECK_FALSE(keys.find(std::array<unsigned char, 16>{}, start));
}
