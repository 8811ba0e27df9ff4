// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/outgoing.hpp"

#include <catch2/catch.hpp>

using sluice::http::client_facts;
using sluice::http::outgoing_request;
using sluice::http::request_head;

namespace {

request_head sent() {
    request_head head;
    head.authority = "Shop.example:8080";
    head.fields.add("X-Forwarded-For", "1.1.1.1");
    head.fields.add("x-forwarded-for", "2.2.2.2, 3.3.3.3");
    head.fields.add("X-Forwarded-For", "");
    head.fields.add("X-Forwarded-Proto", "https");
    head.fields.add("X-Forwarded-Host", "outer.example");
    return head;
}

outgoing_request forwarded(const request_head& head, const client_facts& client,
                           sluice::arena& room) {
    outgoing_request out;
    sluice::http::set_forwarding(out, head, client, room);
    return out;
}

sluice::http::client_facts client(std::string_view ip, bool trusted, bool tls) {
    sluice::http::client_facts facts;
    facts.ip = ip;
    facts.trusted = trusted;
    facts.tls = tls;
    return facts;
}

}  // namespace

TEST_CASE("a trusted proxy's fields are kept and its address is appended") {
    sluice::arena room;
    const request_head head = sent();
    const auto out = forwarded(head, client("10.0.0.9", true, false), room);
    CHECK(out.forwarded_for == "1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.9");
    CHECK(out.forwarded_proto == "https");
    CHECK(out.forwarded_host == "outer.example");
    CHECK(out.client_trusted);
}

TEST_CASE("what anyone else sent is replaced") {
    sluice::arena room;
    const request_head head = sent();
    const auto out = forwarded(head, client("7.7.7.7", false, false), room);
    CHECK(out.forwarded_for == "7.7.7.7");
    CHECK(out.forwarded_proto == "http");
    CHECK(out.forwarded_host == "Shop.example:8080");
    CHECK_FALSE(out.client_trusted);
}

TEST_CASE("a trusted proxy that says nothing gets what we know") {
    sluice::arena room;
    request_head head;
    head.authority = "a";
    const auto out = forwarded(head, client("10.0.0.9", true, true), room);
    CHECK(out.forwarded_for == "10.0.0.9");
    CHECK(out.forwarded_proto == "https");
    CHECK(out.forwarded_host == "a");
}

TEST_CASE("a client without an address adds none") {
    sluice::arena room;
    const request_head head = sent();
    CHECK(forwarded(head, client("", true, false), room).forwarded_for ==
          "1.1.1.1, 2.2.2.2, 3.3.3.3");
    CHECK(forwarded(head, client("", false, false), room).forwarded_for.empty());
    CHECK(forwarded(request_head{}, client("", false, false), room).forwarded_host.empty());
}
