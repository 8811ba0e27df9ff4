// SPDX-License-Identifier: Apache-2.0
// One gateway in front of one scripted node, and what nearly every test asks of them.
#pragma once

#include "forwarded.hpp"
#include "raw_client.hpp"
#include "running_gateway.hpp"
#include "scripted_node.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sluice::conformance {

struct exchange_bench {
    explicit exchange_bench(std::vector<connection_script> scripts = {always_ok()},
                            gateway_setup setup = {})
        : node(std::move(scripts)), gateway(in_front_of(node, std::move(setup))) {}

    raw_client connect() const { return raw_client(gateway.port()); }

    scripted_node node;
    running_gateway gateway;

private:
    static gateway_setup in_front_of(const scripted_node& node, gateway_setup setup) {
        setup.nodes = setup.nodes.empty() ? node.address() : node.address() + ", " + setup.nodes;
        return setup;
    }
};

/// A GET of `path` with further field lines.
inline std::string get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

inline void check_answer(const answer& got, unsigned status, std::string_view body) {
    CHECK(got.how == ending::whole);
    CHECK(got.status() == status);
    CHECK(got.body == body);
}

inline void check_ok(raw_client& client) { check_answer(client.read_final(), 200, "ok"); }

/// An answer of the gateway's own: its status, its JSON, its fields.
inline void check_local(const answer& got, unsigned status, std::string_view code) {
    CHECK(got.how == ending::whole);
    CHECK(got.status() == status);
    CHECK(got.field("Content-Type") == "application/json");
    CHECK(got.field("Date"));
    CHECK_FALSE(got.field("Server"));
    CHECK_FALSE(got.field("Via"));
    const auto id = got.field("X-Request-Id");
    REQUIRE(id);
    CHECK(id->size() == 32);
    CHECK(
        got.body.starts_with("{\"error\":{\"code\":\"" + std::string(code) + "\",\"message\":\""));
    CHECK(got.body.ends_with("\",\"request_id\":\"" + *id + "\"}}"));
}

/// Exactly these whole requests reached the node, byte for byte.
inline void check_seen(const scripted_node& node, const std::vector<expected_request>& wanted) {
    const auto seen = node.await_requests(wanted.size());
    REQUIRE(seen.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
        CHECK(describe(seen[i]) == describe(wanted[i]));
}

}  // namespace sluice::conformance
