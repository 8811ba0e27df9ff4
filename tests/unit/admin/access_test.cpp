// SPDX-License-Identifier: Apache-2.0
#include "admin/access.hpp"
#include "sluice/base/json.hpp"
#include "unit/admin/fake_control.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::admin;

namespace {

access_terms on_loopback(std::string token = {}) { return {secret{std::move(token)}, {}, true}; }
access_terms off_loopback(std::string token) { return {secret{std::move(token)}, {}, false}; }

answer ask(const access_terms& terms, std::string_view method, std::string_view path,
           std::optional<std::string_view> authorization = {}) {
    fake_control gateway;
    auto one = request_for(method, path, method == "PUT" ? R"({"level":"debug"})" : "");
    one.authorization = authorization;
    return respond(one, terms, gateway);
}

std::string code_of(const answer& from) {
    return parse_json(from.body)->at("error").at("code").as_string().c_str();
}

const char* const reads[] = {"/metrics",         "/api/v1/status",    "/api/v1/routes",
                             "/api/v1/services", "/api/v1/listeners", "/api/v1/config",
                             "/api/v1/log-level"};

}  // namespace

TEST_CASE("probes never need a token") {
    for (const auto path : {"/healthz", "/readyz"}) {
        CHECK(ask(off_loopback("t"), "GET", path).status == 200);
        CHECK(ask(off_loopback("t"), "GET", path, "Bearer wrong").status == 200);
        CHECK(ask(on_loopback(), "HEAD", path).status == 200);
    }
}

TEST_CASE("reads on loopback need no token, whether one is configured or not") {
    for (const auto path : reads) {
        CHECK(ask(on_loopback(), "GET", path).status == 200);
        CHECK(ask(on_loopback("t"), "GET", path).status == 200);
    }
}

TEST_CASE("reads off loopback need the token") {
    for (const auto path : reads) {
        CHECK(ask(off_loopback("t"), "GET", path, "Bearer t").status == 200);
        CHECK(ask(off_loopback("t"), "HEAD", path).status == 401);
        CHECK(ask(off_loopback("t"), "GET", path, "Bearer wrong").status == 401);
    }
}

TEST_CASE("reads off loopback are forbidden when no token is configured") {
    for (const auto path : reads)
        CHECK(ask(off_loopback(""), "GET", path, "Bearer ").status == 403);
}

TEST_CASE("writes need the token everywhere") {
    for (const auto& terms : {on_loopback("t"), off_loopback("t")}) {
        CHECK(ask(terms, "PUT", "/api/v1/log-level").status == 401);
        CHECK(ask(terms, "PUT", "/api/v1/log-level", "Bearer wrong").status == 401);
        CHECK(ask(terms, "PUT", "/api/v1/log-level", "Bearer t").status == 200);
        CHECK(ask(terms, "POST", "/api/v1/reload").status == 401);
        CHECK(ask(terms, "POST", "/api/v1/reload", "Bearer t").needs == answer::after::reload);
    }
}

TEST_CASE("writes are forbidden when no token is configured") {
    for (const auto authorization : {"", "Bearer", "Bearer ", "Bearer x"}) {
        const auto no = ask(on_loopback(), "PUT", "/api/v1/log-level", authorization);
        CHECK(no.status == 403);
        CHECK(code_of(no) == "forbidden");
        CHECK(ask(on_loopback(), "POST", "/api/v1/reload", authorization).status == 403);
    }
}

TEST_CASE("a refused write changes nothing") {
    fake_control gateway;
    const auto one = request_for("PUT", "/api/v1/log-level", R"({"level":"debug"})");
    CHECK(respond(one, on_loopback("t"), gateway).status == 401);
    CHECK(respond(one, on_loopback(), gateway).status == 403);
    CHECK(gateway.changes == 0);
}

TEST_CASE("a 401 says how to authenticate") {
    const auto no = ask(on_loopback("t"), "PUT", "/api/v1/log-level");
    CHECK(field_of(no, "WWW-Authenticate") == R"(Bearer realm="sluice")");
    CHECK(code_of(no) == "unauthorized");
}

TEST_CASE("only a bearer token counts, its scheme in any case") {
    const auto status = [](std::string_view authorization) {
        return ask(on_loopback("t"), "PUT", "/api/v1/log-level", authorization).status;
    };
    CHECK(status("bearer t") == 200);
    CHECK(status("BEARER   t") == 200);
    for (const auto wrong : {"", "t", "Bearert", "Basic t", "Bearer t,t", "Bearer t x", "Bearer T",
                             "Bearer", "Bearer "})
        CHECK(status(wrong) == 401);
}

TEST_CASE("Host may be an IP address, localhost or a configured name") {
    const std::vector<std::string> names{"gw.example.com"};
    for (const auto good :
         {"127.0.0.1", "127.0.0.1:9901", "10.1.2.3:1", "[::1]", "[::1]:9901", "[2001:db8::1]",
          "localhost", "LOCALHOST:9901", "localhost.", "gw.example.com", "GW.example.com:80", ""})
        CHECK(is_own_host(good, names));
    for (const auto bad :
         {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "xlocalhost", "127.1",
          "1", "0x7f.0.0.1", "::1", "[::1", "[]", "[127.0.0.1]", "127.0.0.1 ", "a@127.0.0.1", ".",
          "example.com", "[::1]x", "1.2.3.4.5"})
        CHECK_FALSE(is_own_host(bad, names));
    CHECK_FALSE(is_own_host(std::string_view{"127.0.0.1\0.evil", 15}, names));
}

TEST_CASE("a foreign Host is refused everywhere, the token notwithstanding") {
    fake_control gateway;
    for (const auto path : {"/healthz", "/metrics", "/api/v1/status", "/nowhere"}) {
        auto one = request_for("GET", path);
        one.host = "rebound.example:9901";
        one.authorization = "Bearer t";
        const auto no = respond(one, on_loopback("t"), gateway);
        CHECK(no.status == 403);
        CHECK(code_of(no) == "forbidden");
    }
}

TEST_CASE("a name of admin.hosts is served") {
    fake_control gateway;
    auto one = request_for("GET", "/api/v1/status");
    one.host = "gw.example.com";
    CHECK(respond(one, {secret{}, {"gw.example.com"}, true}, gateway).status == 200);
}

TEST_CASE("an Origin is our own only when it names the very place of Host") {
    CHECK(is_own_origin("http://127.0.0.1:9901", "127.0.0.1:9901"));
    CHECK(is_own_origin("HTTP://LocalHost:9901", "localhost:9901"));
    CHECK(is_own_origin("http://localhost", "localhost:80"));
    CHECK(is_own_origin("https://gw.example.com", "gw.example.com:443"));
    CHECK(is_own_origin("http://[::1]:9901", "[::1]:9901"));
    for (const auto bad :
         {"null", "", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:9902",
          "http://localhost:9901", "file://127.0.0.1:9901", "127.0.0.1:9901",
          "http://127.0.0.1:9901.evil.example", "http://127.0.0.1:9901/",
          "http://evil@127.0.0.1:9901"})
        CHECK_FALSE(is_own_origin(bad, "127.0.0.1:9901"));
    CHECK_FALSE(is_own_origin("http://", ""));
}

TEST_CASE("a foreign Origin is refused everywhere, the token notwithstanding") {
    fake_control gateway;
    for (const auto origin : {"http://evil.example", "null", ""}) {
        auto one = request_for("PUT", "/api/v1/log-level", R"({"level":"debug"})");
        one.authorization = "Bearer t";
        one.origin = origin;
        CHECK(respond(one, on_loopback("t"), gateway).status == 403);
        one.method = "GET";
        CHECK(respond(one, on_loopback("t"), gateway).status == 403);
        one.path = "/healthz";
        CHECK(respond(one, on_loopback("t"), gateway).status == 403);
    }
    CHECK(gateway.changes == 0);
}

TEST_CASE("a page served from here may use the API") {
    fake_control gateway;
    auto one = request_for("PUT", "/api/v1/log-level", R"({"level":"debug"})");
    one.authorization = "Bearer t";
    one.origin = "http://127.0.0.1:9901";
    CHECK(respond(one, on_loopback("t"), gateway).status == 200);
    CHECK(gateway.changes == 1);
}
