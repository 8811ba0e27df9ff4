// SPDX-License-Identifier: Apache-2.0
#include "proxy/transport_of.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using sluice::net::address;
using sluice::proxy::table_node;
using sluice::proxy::table_service;
using sluice::proxy::transport_of;

namespace {

table_node node_at(const std::string& where, const std::string& found_under = {}) {
    return {{*address::parse(where), 1, 0, found_under}, where, nullptr, nullptr};
}

table_service secured(const std::string& server_name) {
    table_service service;
    auto& tls = service.settings.tls;
    tls.mode = sluice::net::upstream_tls_mode::tls;
    tls.verify = false;  // needs no authorities
    tls.server_name = server_name;
    std::string why;
    tls.context = sluice::net::upstream_tls::of(tls, why);
    REQUIRE(tls.context);
    return service;
}

}  // namespace

TEST_CASE("without TLS a transport is an address") {
    const auto made = transport_of({}, node_at("10.0.0.1:80", "node.test"));
    CHECK(made.target == *address::parse("10.0.0.1:80"));
    CHECK_FALSE(made.tls);
    CHECK(made.name.empty());
}

TEST_CASE("a node must prove server_name, else the name it was found under, else its address") {
    CHECK(transport_of(secured("a.test"), node_at("10.0.0.1:80", "node.test")).name == "a.test");
    CHECK(transport_of(secured(""), node_at("10.0.0.1:80", "node.test")).name == "node.test");
    CHECK(transport_of(secured(""), node_at("10.0.0.1:80")).name == "10.0.0.1");
    CHECK(transport_of(secured(""), node_at("[2001:db8::1]:80")).name == "2001:db8::1");
    CHECK(transport_of(secured(""), node_at("unix:/run/n.sock")).name.empty());
}

TEST_CASE("two transports are one only when everything about them is the same") {
    const auto node = node_at("10.0.0.1:80");
    const auto one = transport_of(secured(""), node);
    CHECK(one == transport_of(secured(""), node));
    CHECK_FALSE(one == transport_of({}, node));
    CHECK_FALSE(one == transport_of(secured("a.test"), node));
    CHECK_FALSE(one == transport_of(secured(""), node_at("10.0.0.1:81")));
    auto stricter = secured("");
    stricter.settings.tls.min_version = sluice::net::tls_version::tls_1_3;
    std::string why;
    stricter.settings.tls.context = sluice::net::upstream_tls::of(stricter.settings.tls, why);
    CHECK_FALSE(one == transport_of(stricter, node));
}

TEST_CASE("what is spoken is part of the way, and plain nodes cannot be asked for it") {
    using sluice::service::node_protocol;
    const auto node = node_at("10.0.0.1:80");
    const auto made = [&](table_service service, node_protocol speaks) {
        service.settings.protocol = speaks;
        return transport_of(service, node);
    };
    CHECK(made({}, node_protocol::http2).speaks == node_protocol::http2);
    CHECK(made({}, node_protocol::automatic).speaks == node_protocol::http1);
    CHECK(made(secured(""), node_protocol::automatic).speaks == node_protocol::automatic);
    CHECK_FALSE(made({}, node_protocol::http2) == made({}, node_protocol::http1));
    CHECK(made({}, node_protocol::automatic) == made({}, node_protocol::http1));
    table_service service;
    service.settings.protocol = node_protocol::automatic;
    CHECK(sluice::proxy::speaks_http1_only(service));
    service.settings.protocol = node_protocol::http2;
    CHECK_FALSE(sluice::proxy::speaks_http1_only(service));
}
