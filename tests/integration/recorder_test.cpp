// SPDX-License-Identifier: Apache-2.0
// What requests leave on the page of metrics: whose fault an attempt's end was, what counts as
// rejected, which labels.
#include "fake/request_at_node.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::node;
using fake::settings_for;

namespace {

/// The sum over a family's series whose line holds `piece`.
double counted(const gateway_rig& rig, std::string_view family, std::string_view piece = {}) {
    double sum = 0;
    std::istringstream page{rig.metrics.text()};
    for (std::string line; std::getline(page, line);)
        if (line.rfind(std::string(family) + '{', 0) == 0 && line.find(piece) != std::string::npos)
            sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    return sum;
}

constexpr std::string_view attempts = "sluice_upstream_requests_total";
constexpr std::string_view rejected = "sluice_rejected_total";
constexpr std::string_view requests = "sluice_requests_total";

}  // namespace

TEST_CASE("a client that leaves while the node is silent is neither an outcome nor rejected") {
    fake::request_at_node start(fake::get);
    auto& [one, rig, client, upstream] = start;
    client.reset();
    rig.loop.settle();
    CHECK(counted(rig, requests, R"(code="499")") == 1);
    CHECK(counted(rig, attempts) == 0);
    CHECK(counted(rig, rejected) == 0);
}

TEST_CASE("a client that leaves inside a good answer does not spoil the node's success") {
    fake::request_at_node start(fake::get);
    auto& [one, rig, client, upstream] = start;
    rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npiece");
    client.reset();
    rig.loop.settle();
    CHECK(counted(rig, requests, R"(code="200")") == 1);
    CHECK(counted(rig, attempts, R"(outcome="success")") == 1);
    CHECK(counted(rig, attempts) == 1);
    CHECK(counted(rig, rejected) == 0);
}

TEST_CASE("an attempt that got no connection from a full pool is rejected as overloaded and no "
          "outcome of the node") {
    node one;
    auto settings = settings_for({&one});
    settings.services[0].pool.max = 1;
    gateway_rig rig(settings);
    auto first = rig.connect();
    rig.send(first, fake::get);
    auto second = rig.connect();
    rig.send(second, fake::get);
    rig.loop.advance(settings.timeouts.connect + fake::past);
    CHECK(second.receive().rfind("HTTP/1.1 503", 0) == 0);
    CHECK(counted(rig, attempts) == 0);
    CHECK(counted(rig, rejected, R"(reason="overloaded")") == 1);
}

TEST_CASE(
    "a route's total time that passes in the queue of a full pool is no outcome of the node") {
    node one;
    auto settings = settings_for({&one});
    settings.services[0].pool.max = 1;
    settings.routes[0].timeout = 2s;
    gateway_rig rig(settings);
    auto first = rig.connect();
    rig.send(first, fake::get);
    auto upstream = one.accept();
    rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent");
    auto second = rig.connect();
    rig.send(second, fake::get);
    rig.loop.advance(2s + fake::past);
    CHECK(second.receive().rfind("HTTP/1.1 504", 0) == 0);
    CHECK(counted(rig, attempts) == 0);
    CHECK(counted(rig, requests, R"(code="504")") == 1);
    CHECK(counted(rig, rejected, R"(reason="upstream_timeout")") == 1);
}

TEST_CASE("what the end of a drain cuts before an answer is rejected and no outcome of its node") {
    fake::request_at_node start(fake::get);
    auto& [one, rig, client, upstream] = start;
    rig.server->abort();
    rig.loop.settle();
    CHECK(counted(rig, requests, R"(code="503")") == 1);
    CHECK(counted(rig, requests) == 1);
    CHECK(counted(rig, attempts) == 0);
    CHECK(counted(rig, rejected, R"(reason="overloaded")") == 1);
}

TEST_CASE("a node's own failures each have their outcome") {
    node one;
    auto settings = settings_for({&one});
    settings.services[0].retries.attempts = 0;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    auto upstream = one.accept();
    REQUIRE(upstream);
    SECTION("closed before its head") {
        upstream.receive();
        upstream.close();
        rig.loop.settle();
        CHECK(counted(rig, attempts, R"(outcome="reset")") == 1);
        CHECK(counted(rig, rejected, R"(reason="bad_gateway")") == 1);
    }
    SECTION("no head in time") {
        rig.loop.advance(settings.timeouts.upstream_head + fake::past);
        CHECK(counted(rig, attempts, R"(outcome="timeout")") == 1);
        CHECK(counted(rig, rejected, R"(reason="upstream_timeout")") == 1);
    }
    SECTION("not HTTP") {
        rig.send(upstream, "hello\r\n\r\n");
        CHECK(counted(rig, attempts, R"(outcome="bad_response")") == 1);
    }
    SECTION("closed inside its body") {
        rig.send(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npiece");
        upstream.receive();
        upstream.close();
        rig.loop.settle();
        CHECK(counted(rig, attempts, R"(outcome="reset")") == 1);
        CHECK(counted(rig, rejected) == 0);
    }
    CHECK(counted(rig, attempts) == 1);
}

TEST_CASE("without a label per route what was served and what matched no route stay apart") {
    node one;
    auto settings = settings_for({&one});
    settings.metrics.per_route = false;
    settings.routes[0].match.path = {sluice::routing::path_rule::kind::prefix, "/a"};
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto upstream = one.accept();
    REQUIRE(upstream);
    rig.send(upstream, fake::empty_answer);
    rig.send(client, "GET /elsewhere HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(counted(rig, requests, R"(route="all")") == 1);
    CHECK(counted(rig, requests, R"(route="none")") == 1);
    CHECK(counted(rig, requests, R"(code="404")") == 1);
    CHECK(counted(rig, "sluice_request_duration_seconds_count", R"(route="all")") == 1);
    CHECK(counted(rig, "sluice_request_duration_seconds_count", R"(route="none")") == 1);
    CHECK(counted(rig, rejected, R"(reason="no_route")") == 1);
}
