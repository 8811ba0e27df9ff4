// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/limits.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::http::timeout_overrides;
using sluice::http::timeouts;

TEST_CASE("an override that is not set leaves the wider level alone") {
    CHECK(timeout_overrides{}.over(timeouts{}) == timeouts{});
}

TEST_CASE("a route's timeouts lie over the service's, and those over the global ones") {
    timeout_overrides service;
    service.connect = 1s;
    service.upstream_head = 2s;
    timeout_overrides route;
    route.upstream_head = 3s;
    route.upstream_tls = 4s;
    route.upstream_idle = 5s;
    route.stream_idle = 6s;

    timeouts wanted;
    wanted.connect = 1s;
    wanted.upstream_head = 3s;
    wanted.upstream_tls = 4s;
    wanted.upstream_idle = 5s;
    wanted.stream_idle = 6s;
    CHECK(route.over(service.over(timeouts{})) == wanted);
}
