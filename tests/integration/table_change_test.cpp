// SPDX-License-Identifier: Apache-2.0
// What exchanges hold of a table that is no longer the one in use, and for how long.
#include "fake/request_at_node.hpp"

#include <catch2/catch.hpp>

#include <memory>

using fake::gateway_rig;
using fake::node;
using fake::settings_for;

namespace {

constexpr std::string_view upgrade =
    "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
constexpr std::string_view switched =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

/// A request whose answer has begun, and the tables around it.
struct fixture : fake::request_at_node {
    fixture(std::string_view request, std::string_view begun) : request_at_node(request) {
        rig.send(upstream, begun);
        client.receive();
        upstream.receive();
        std::weak_ptr<const sluice::proxy::table> before = rig.table;
        rig.change(settings_for({&new_node}));
        old_table = before;
    }

    node new_node;
    std::weak_ptr<const sluice::proxy::table> old_table;
};

}  // namespace

TEST_CASE("a request holds the table it began with until it has ended") {
    fixture f(fake::get, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    CHECK_FALSE(f.old_table.expired());
    f.rig.send(f.upstream, "lf");
    CHECK(f.client.receive() == "lf");
    CHECK(f.old_table.expired());
    CHECK(f.upstream.receive().empty());
    CHECK(f.upstream.at_end());  // its node went
}

TEST_CASE("a tunnel lets the table go and goes on") {
    fixture f(upgrade, switched);
    CHECK(f.old_table.expired());
    f.rig.send(f.client, "up");
    CHECK(f.upstream.receive() == "up");
    f.rig.send(f.upstream, "down");
    CHECK(f.client.receive() == "down");
}

TEST_CASE("an event stream lets the table go and is logged with its own route at its end") {
    fixture f(fake::get, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
    CHECK(f.old_table.expired());
    const auto one = R"(sluice_requests_total{listener="web",route="r",service="s",code="200"} 1)";
    f.rig.send(f.upstream, "data: 2\n\n");
    CHECK(f.client.receive().find("data: 2") != std::string::npos);
    CHECK(f.rig.metrics.text().find(one) == std::string::npos);
    f.upstream.close();
    f.rig.loop.settle();
    CHECK(f.rig.metrics.text().find(one) != std::string::npos);
}

TEST_CASE("a retry after a change of the table stays within the table the request began with") {
    node refusing, second, other;
    gateway_rig rig(settings_for({&refusing, &second}));
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto first = refusing.accept();
    if (!first)
        first = second.accept();
    REQUIRE(first);
    rig.change(settings_for({&other}));
    first.reset();
    rig.loop.settle();
    CHECK_FALSE(other.accept());
    auto again = second.accept();
    if (!again)
        again = refusing.accept();
    REQUIRE(again);
    rig.send(again, fake::empty_answer);
    CHECK(client.receive().rfind("HTTP/1.1 200", 0) == 0);
}
