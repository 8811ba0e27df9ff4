// SPDX-License-Identifier: Apache-2.0
#include "app/origins.hpp"
#include "fake/made_up_disk.hpp"

#include <catch2/catch.hpp>

using fake::load_text;

namespace {

const char* const some = R"(timeouts: {connect: 2s}
listeners:
  - name: web

    address: 127.0.0.1:0
services:
  - name: a
    url: 10.0.0.1:80
  - {name: b, url: [10.0.0.2:80], timeouts: {stream_idle: 1h}}
routes:
  - name: one
    match:
      hosts: [x]
      headers:
        a: "1"
        b: "2"
    services:
      - {name: a, weight: 1}
      - {name: b, weight: 2}
  - name: two
    service: a
    rewrite:
      host: upstream
)";

std::uint32_t line_of(const std::optional<sluice::config::place>& one) {
    return one ? one->line : 0;
}

}  // namespace

TEST_CASE("entries and their keys are found where they stand") {
    const auto loaded = load_text(some);
    INFO(loaded.problems.text());
    REQUIRE(loaded.problems.good());
    const auto& places = loaded.places;
    REQUIRE(places.routes.size() == 2);
    CHECK(places.listeners.entry(0).line == 3);
    CHECK(line_of(places.listeners.key(0, "address")) == 5);
    CHECK(places.services.entry(1).line == 9);
    CHECK(line_of(places.services.key(1, "timeouts", "stream_idle")) == 9);
    CHECK(places.routes.entry(1).line == 20);
    CHECK(line_of(places.routes.key(0, "match", "hosts")) == 13);
    CHECK(line_of(places.routes.key(1, "rewrite", "host")) == 23);
    CHECK(line_of(places.globals.key(0, "timeouts", "connect")) == 1);
}

TEST_CASE("elements of a list or a map are found one by one") {
    const auto loaded = load_text(some);
    const auto& routes = loaded.places.routes;
    CHECK(line_of(routes.key(0, "match", "headers")) == 14);
    CHECK(line_of(routes.key(0, "match", "headers", 0)) == 15);
    CHECK(line_of(routes.key(0, "match", "headers", 1)) == 16);
    CHECK(line_of(routes.key(0, "services", {}, 1)) == 19);
}

TEST_CASE("what is not given stands nowhere, whatever its neighbours say") {
    const auto loaded = load_text(some);
    const auto& places = loaded.places;
    CHECK_FALSE(places.routes.key(1, "match", "hosts"));
    CHECK_FALSE(places.routes.key(0, "rewrite", "host"));
    CHECK_FALSE(places.routes.key(0, "match", "headers", 2));
    CHECK_FALSE(places.services.key(0, "timeouts", "stream_idle"));
    CHECK_FALSE(places.globals.key(0, "timeouts", "client_idle"));
    CHECK_FALSE(places.routes.key(0, "no_such_key"));
}
