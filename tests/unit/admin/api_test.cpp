// SPDX-License-Identifier: Apache-2.0
#include "admin/api.hpp"
#include "sluice/base/json.hpp"
#include "unit/admin/fake_control.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::admin;

namespace {

const access_terms terms{secret{"t"}, {}, true};

answer ask(fake_control& gateway, std::string_view method, std::string_view path,
           std::string_view body = {}) {
    auto one = request_for(method, path, body);
    one.authorization = "Bearer t";
    return respond(one, terms, gateway);
}

answer ask(std::string_view method, std::string_view path, std::string_view body = {}) {
    fake_control gateway;
    return ask(gateway, method, path, body);
}

std::string get(fake_control& gateway, std::string_view path) {
    const auto from = ask(gateway, "GET", path);
    CHECK(from.status == 200);
    CHECK(from.content_type == "application/json");
    CHECK(parse_json(from.body).has_value());
    return from.body;
}

wall_time at_noon() {
    using namespace std::chrono;
    return sys_days{2026y / 5 / 6} + 12h + 7ms;
}

}  // namespace

TEST_CASE("what is refused answers with the contract's error") {
    const auto no = ask("GET", "/nowhere");
    CHECK(no.status == 404);
    CHECK(no.content_type == "application/json");
    CHECK(no.body == R"({"error":{"code":"no_route","message":"the admin API has no such path",)"
                     R"("request_id":"0123456789abcdef0123456789abcdef"}})");
}

TEST_CASE("paths that are nearly a resource are none") {
    for (const auto path :
         {"/", "", "/healthz/", "/Healthz", "/api/v1", "/api/v1/status/x", "/api/v1/services/",
          "/api/v1/services/a/b", "/api/v1/servicesx", "/api/v1/routes/a", "*"})
        CHECK(ask("GET", path).status == 404);
}

TEST_CASE("a method a resource has not is refused and the others are named") {
    const auto no = ask("POST", "/api/v1/log-level");
    CHECK(no.status == 405);
    CHECK(parse_json(no.body)->at("error").at("code") == "method_not_allowed");
    CHECK(field_of(no, "Allow") == "GET, HEAD, PUT");
    CHECK(field_of(ask("DELETE", "/api/v1/services"), "Allow") == "GET, HEAD");
    CHECK(field_of(ask("GET", "/api/v1/reload"), "Allow") == "POST");
    for (const auto method : {"get", "OPTIONS", "PATCH", "TRACE", ""})
        CHECK(ask(method, "/healthz").status == 405);
}

TEST_CASE("HEAD answers as GET does") {
    for (const auto path :
         {"/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/config", "/nowhere"}) {
        const auto head = ask("HEAD", path);
        const auto whole = ask("GET", path);
        CHECK(head.status == whole.status);
        CHECK(head.body == whole.body);
        CHECK(head.content_type == whole.content_type);
    }
}

TEST_CASE("no answer is for a cache or for guessing its type") {
    for (const auto path : {"/healthz", "/api/v1/config", "/nowhere"}) {
        CHECK(field_of(ask("GET", path), "Cache-Control") == "no-store");
        CHECK(field_of(ask("GET", path), "X-Content-Type-Options") == "nosniff");
    }
}

TEST_CASE("alive is always 200, ready only between start and drain") {
    fake_control gateway;
    for (const auto& [state, status] : {std::pair{readiness::ready, 200u},
                                        {readiness::draining, 503u},
                                        {readiness::starting, 503u}}) {
        gateway.is_ready = state;
        CHECK(ask(gateway, "GET", "/healthz").status == 200);
        CHECK(ask(gateway, "GET", "/readyz").status == status);
    }
    CHECK(ask(gateway, "GET", "/readyz").body == R"({"status":"starting"})");
}

TEST_CASE("metrics are passed on as Prometheus text") {
    const auto page = ask("GET", "/metrics");
    CHECK(page.content_type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(page.body == "sluice_config_generation 1\n");
}

TEST_CASE("status has the contract's shape") {
    fake_control gateway;
    gateway.now = {"0.1.0", at_noon(), 3, 2, true, {false, at_noon(), {"a.yaml:1:2: x: wrong"}}};
    CHECK(
        get(gateway, "/api/v1/status") ==
        R"({"version":"0.1.0","started":"2026-05-06T12:00:00.007Z","generation":3,"workers":2,"draining":true,)"
        R"("last_reload":{"ok":false,"at":"2026-05-06T12:00:00.007Z","problems":["a.yaml:1:2: x: wrong"]}})");
}

TEST_CASE("explaining takes a request apart and answers what the gateway says of it") {
    fake_control gateway;
    const auto told = ask(gateway, "POST", "/api/v1/explain",
                          R"({"url":"http://x/","headers":{"a":"1","b":["2","3"]}})");
    CHECK(told.status == 200);
    CHECK(told.body == R"({"route":null})");
    CHECK(gateway.explained.method == "GET");
    CHECK(gateway.explained.url == "http://x/");
    CHECK(gateway.explained.listener == "");
    using header = std::pair<std::string, std::string>;
    CHECK(gateway.explained.headers == std::vector<header>{{"a", "1"}, {"b", "2"}, {"b", "3"}});
    ask(gateway, "POST", "/api/v1/explain", R"({"method":"PUT","url":"u","listener":"web"})");
    CHECK(gateway.explained.method == "PUT");
    CHECK(gateway.explained.listener == "web");
}

TEST_CASE("what is no request to explain is refused with the reason") {
    fake_control gateway;
    const auto problem = [&](std::string_view body) {
        const auto no = ask(gateway, "POST", "/api/v1/explain", body);
        CHECK(no.status == 400);
        return std::string(parse_json(no.body)->at("error").at("message").as_string());
    };
    for (const auto body : {"", "x", "[]", "\"http://x/\"", "null"})
        CHECK(problem(body).starts_with("expected {\"url\""));
    CHECK(problem("{}") == "url is missing");
    CHECK(problem(R"({"url":1})") == "\"url\" is not a text");
    CHECK(problem(R"({"url":"u","header":{}})") == "unknown member \"header\"");
    CHECK(problem(R"({"url":"u","headers":[]})") == "headers is not an object");
    CHECK(problem(R"({"url":"u","headers":{"a":[1]}})") == "\"a\" is not a text");
    gateway.explanation = {{}, "no listener named \"x\""};
    CHECK(problem(R"({"url":"u"})") == "no listener named \"x\"");
}

TEST_CASE("explaining changes nothing and needs no more than a read does") {
    fake_control gateway;
    auto asked = request_for("POST", "/api/v1/explain", R"({"url":"http://x/"})");
    CHECK(respond(asked, {secret{"t"}, {}, true}, gateway).status == 200);
    CHECK(respond(asked, {secret{"t"}, {}, false}, gateway).status == 401);
    CHECK(ask(gateway, "GET", "/api/v1/explain").status == 405);
    CHECK(gateway.changes == 0);
}

TEST_CASE("listeners tell where they are bound") {
    fake_control gateway;
    CHECK(get(gateway, "/api/v1/listeners") == R"({"listeners":[]})");
    gateway.all_listeners = {{"web", "127.0.0.1:40123", 5}};
    CHECK(get(gateway, "/api/v1/listeners") ==
          R"({"listeners":[{"name":"web","address":"127.0.0.1:40123","connections":5}]})");
}

TEST_CASE("services have the contract's shape, one and all") {
    fake_control gateway;
    gateway.all_services = {
        {"orders",
         "fixed",
         "disabled",
         {{"10.0.0.1:80", 5, node_health::healthy, 2, 100, ""},
          {"10.0.0.2:80", 0, node_health::ejected, 0, 7, "connection refused"}}},
        {"empty", "fixed", "disabled", {}}};
    const std::string orders =
        R"({"name":"orders","source":"fixed","tls":"disabled","nodes":[)"
        R"({"address":"10.0.0.1:80","weight":5,"health":"healthy","connections":2,"requests":100,"last_error":null},)"
        R"({"address":"10.0.0.2:80","weight":0,"health":"ejected","connections":0,"requests":7,"last_error":"connection refused"}]})";
    CHECK(get(gateway, "/api/v1/services/orders") == orders);
    CHECK(get(gateway, "/api/v1/services") ==
          R"({"services":[)" + orders +
              R"(,{"name":"empty","source":"fixed","tls":"disabled","nodes":[]}]})");
}

TEST_CASE("a service is found by its name with escapes, an unknown one is a 404") {
    fake_control gateway;
    gateway.all_services = {{"a/b c", "fixed", "disabled", {}}, {"100%", "fixed", "disabled", {}}};
    CHECK(get(gateway, "/api/v1/services/a%2Fb%20c").find("a/b c") != std::string::npos);
    CHECK(get(gateway, "/api/v1/services/100%25").find("100%") != std::string::npos);
    for (const auto path : {"/api/v1/services/absent", "/api/v1/services/%", "/api/v1/services/%zz",
                            "/api/v1/services/%ff"}) {
        const auto no = ask(gateway, "GET", path);
        CHECK(no.status == 404);
        CHECK(parse_json(no.body).has_value());
    }
}

TEST_CASE("routes are told in the configuration's spelling, with every key of match") {
    fake_control gateway;
    CHECK(get(gateway, "/api/v1/routes") == R"({"routes":[]})");
    gateway.config =
        R"({"workers":2,"routes":[{"name":"orders","match":{"hosts":["shop.example.com"],"path":{"prefix":"/orders"},)"
        R"("methods":["GET"],"headers":{"x-channel":"beta","x-any":{"present":true}},"query":{"debug":{"regex":"[01]"}},)"
        R"("listeners":["web"]},"services":[{"name":"orders","weight":95},{"name":"orders-next","weight":5}],)"
        R"("rewrite":{"prefix":"/","host":"inner.example.com"},"timeout":"30s","timeouts":{"connect":"1s"}},)"
        R"({"name":"rest","match":{"hosts":[],"methods":[],"headers":{},"query":{},"listeners":[]},)"
        R"("service":"orders","rewrite":{"host":"preserve"},"timeouts":{}}]})";
    CHECK(
        get(gateway, "/api/v1/routes") ==
        R"({"routes":[{"name":"orders","match":{"hosts":["shop.example.com"],"path":{"prefix":"/orders"},)"
        R"("methods":["GET"],"headers":{"x-channel":"beta","x-any":{"present":true}},"query":{"debug":{"regex":"[01]"}},)"
        R"("listeners":["web"]},"services":[{"name":"orders","weight":95},{"name":"orders-next","weight":5}],)"
        R"("rewrite":{"prefix":"/","host":"inner.example.com"}},)"
        R"({"name":"rest","match":{"hosts":[],"path":null,"methods":[],"headers":{},"query":{},"listeners":[]},)"
        R"("services":[{"name":"orders","weight":1}],"rewrite":{"prefix":null,"host":"preserve"}}]})");
}

TEST_CASE("where the configuration masks a whole list, routes mask it too") {
    fake_control gateway;
    gateway.config = R"({"routes":[{"name":"***","match":{"hosts":"***"},"services":"***"}]})";
    CHECK(
        get(gateway, "/api/v1/routes") ==
        R"({"routes":[{"name":"***","match":{"hosts":"***","path":null,"methods":[],"headers":{},"query":{},)"
        R"("listeners":[]},"services":"***","rewrite":null}]})");
}

TEST_CASE("the configuration is passed on as it is told") {
    fake_control gateway;
    CHECK(get(gateway, "/api/v1/config") == R"({"workers":2})");
}

TEST_CASE("the log level is read and set") {
    fake_control gateway;
    CHECK(get(gateway, "/api/v1/log-level") == R"({"level":"info"})");
    for (const auto word : {"debug", "info", "warn", "error"}) {
        const auto body = json::serialize(json::object{{"level", word}});
        const auto set = ask(gateway, "PUT", "/api/v1/log-level", body);
        CHECK(set.status == 200);
        CHECK(set.body == body);
        CHECK(get(gateway, "/api/v1/log-level") == body);
    }
    CHECK(gateway.changes == 4);
}

TEST_CASE("a log level that is none is refused and changes nothing") {
    fake_control gateway;
    const std::string deep(10'000, '[');
    for (const std::string_view body :
         {"", "debug", "\"debug\"", "{}", "[]", R"({"level":1})", R"({"level":"DEBUG"})",
          R"({"level":"trace"})", R"({"levels":"info"})", R"({"level":"info","x":1})",
          R"({"level":"info"}x)", R"({"level":null})", deep.c_str()}) {
        const auto no = ask(gateway, "PUT", "/api/v1/log-level", body);
        CHECK(no.status == 400);
        CHECK(parse_json(no.body)->at("error").at("code") == "bad_request");
    }
    CHECK(gateway.changes == 0);
}

TEST_CASE("a body beyond the bound is refused before it is read") {
    const std::string body = R"({"level":"debug"})" + std::string(longest_body, ' ');
    CHECK(ask("PUT", "/api/v1/log-level", body).status == 413);
    CHECK(ask("PUT", "/api/v1/log-level", std::string_view{body}.substr(0, longest_body)).status ==
          200);
}

TEST_CASE("the answer to a reload waits for it, and says how it ended") {
    CHECK(ask("POST", "/api/v1/reload").needs == answer::after::reload);
    CHECK(ask("GET", "/api/v1/status").needs == answer::after::nothing);
    const auto good = sluice::admin::reloaded({true, {}, {"warning: w"}});
    CHECK(good.status == 200);
    CHECK(good.body == R"({"ok":true,"at":"1970-01-01T00:00:00.000Z","problems":["warning: w"]})");
    const auto bad = sluice::admin::reloaded({false, {}, {"a.yaml:1:2: x: wrong"}});
    CHECK(bad.status == 422);
    CHECK(parse_json(bad.body)->at("ok") == false);
    CHECK(field_of(bad, "Cache-Control") == "no-store");
}
