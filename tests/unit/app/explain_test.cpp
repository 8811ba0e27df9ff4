// SPDX-License-Identifier: Apache-2.0
// What is told of requests that nobody sends. That it is what happens to requests somebody does send
// is tests/process/explain_test.py's to show.
#include "app/build_table.hpp"
#include "app/explain/explain.hpp"
#include "fake/listener_tls.hpp"
#include "fake/made_up_disk.hpp"
#include "net/listener_tls.hpp"
#include "sluice/base/json.hpp"

#include <catch2/catch.hpp>

using namespace sluice::app::explain;
using sluice::admin::explain_request;

namespace {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// A configuration, loaded, with its table and its listeners as they would be bound.
class loaded_gateway {
public:
    explicit loaded_gateway(const std::string& text, const fake::variables& known = {})
        : settings(fake::load_text(text, known)) {
        INFO(settings.problems.text());
        REQUIRE(settings.problems.good());
        table = sluice::app::build_table(settings.values, 1, 1);
        for (const auto& one : settings.values.listeners)
            entrances.push_back({&one, one.address, nullptr});
    }
    outcome ask(const explain_request& request) const {
        return answer(request, {settings, *table, entrances, sources_tell});
    }
    explanation explain(const explain_request& request) const {
        auto got = ask(request);
        INFO(got.problem);
        REQUIRE(got.of);
        return std::move(*got.of);
    }

    sluice::app::loaded_settings settings;
    std::shared_ptr<sluice::proxy::table> table;
    std::vector<open_entrance> entrances;
    bool sources_tell = false;
};

const std::string shop = R"(listeners:
  - {name: web, address: "0.0.0.0:80"}
  - {name: inside, address: "127.0.0.1:8081"}
services:
  - {name: a, url: "10.0.0.1:80"}
routes:
  - name: beta
    match:
      hosts: [shop.example.com]
      path: {prefix: /orders}
      headers:
        x-user: {present: true}
        x-channel: beta
        x-version: {regex: "[0-9]+"}
    service: a
  - name: post
    match:
      hosts: [shop.example.com]
      path: {exact: /cart}
      methods: [POST, PUT]
    service: a
  - name: inside-only
    match:
      hosts: [shop.example.com]
      path: {regex: "/status/[0-9]+"}
      listeners: [inside]
    service: a
  - name: debug
    match:
      hosts: [shop.example.com]
      path: {prefix: /debug/}
      query: {on: "1", level: {regex: "[a-c]"}, who: {present: true}}
    service: a
  - name: api
    match:
      hosts: ["*.api.example.org"]
      path: {prefix: /v1}
    service: a
)";

struct near_case {
    explain_request request;
    std::string told;  ///< `route: reason (line)` of the first loser
};

std::string first_loser(const explanation& from) {
    if (from.losers.empty())
        return "none";
    const auto& one = from.losers.front();
    return one.route.text + ": " + one.reason.text + " (" + one.reason.at + ")";
}

}  // namespace

TEST_CASE("twenty near misses are told with what they lost by and where it stands") {
    const loaded_gateway gateway(shop);
    const auto get = [](std::string path, header_list headers = {}) {
        return explain_request{"GET", "http://shop.example.com" + path, std::move(headers), {}};
    };
    const std::vector<near_case> cases{
        {get("/cart"), "post: method is GET, wants POST or PUT (main.yaml:20)"},
        {{"post", "http://shop.example.com/cart"},
         "post: method is post, wants POST or PUT: methods are told apart by case (main.yaml:20)"},
        {get("/cart/"), "post: path is /cart/, wants exactly /cart (main.yaml:19)"},
        {get("/carts"), "post: path is /carts, wants exactly /cart (main.yaml:19)"},
        {get("/Cart"), "post: path is /Cart, wants exactly /cart (main.yaml:19)"},
        {get("/orders/1"), "beta: header x-user is missing (main.yaml:12)"},
        {get("/orders/1", {{"X-User", ""}}),
         "beta: header x-channel is missing, wants \"beta\" (main.yaml:13)"},
        {get("/orders/1", {{"X-User", "me"}, {"X-Channel", "Beta"}}),
         "beta: header x-channel is \"Beta\", wants \"beta\" (main.yaml:13)"},
        {get("/orders", {{"X-User", "me"}, {"X-Channel", "a"}, {"X-Channel", "b"}}),
         "beta: header x-channel is \"a\" and others that do not fit, wants \"beta\" "
         "(main.yaml:13)"},
        {get("/orders", {{"X-User", "me"}, {"X-Channel", "beta"}, {"X-Version", "1a"}}),
         "beta: header x-version is \"1a\", wants all of it to match [0-9]+ (main.yaml:14)"},
        {get("/orders2"), "beta: path is /orders2, wants the prefix /orders: a prefix ends where a "
                          "segment ends (main.yaml:10)"},
        {get("/order"), "beta: path is /order, wants the prefix /orders (main.yaml:10)"},
        {get("/status/7"), "inside-only: came in on web, wants inside (main.yaml:26)"},
        {get("/status/x"),
         "inside-only: path is /status/x, wants all of it to match /status/[0-9]+ (main.yaml:25)"},
        {get("/debug"), "debug: path is /debug, wants the prefix /debug/ (main.yaml:31)"},
        {get("/debug/?on=0"), "debug: query on is \"0\", wants \"1\" (main.yaml:32)"},
        {get("/debug/?on=1&level=%64"),
         "debug: query level is \"d\", wants all of it to match [a-c] (main.yaml:32)"},
        {get("/debug/?level=a&on=1"), "debug: query who is missing (main.yaml:32)"},
        {{"GET", "http://api.example.org/v1"},
         "api: host is api.example.org, wants *.api.example.org: a wildcard stands for one label "
         "at least (main.yaml:36)"},
        {{"GET", "http://shpo.example.com/orders"},
         "beta: host is shpo.example.com, wants shop.example.com (main.yaml:9)"},
    };
    for (const auto& one : cases) {
        const auto told = gateway.explain(one.request);
        INFO(one.request.method << " " << one.request.url);
        CHECK(first_loser(told) == one.told);
        CHECK_FALSE(told.route);
        REQUIRE(told.answer);
        CHECK(told.answer->code == "no_route");
    }
}

TEST_CASE("a route that matches too is told with what puts another one before it") {
    const std::string head = "listeners: [{name: web, address: \"0.0.0.0:80\"}]\n"
                             "services: [{name: s, url: \"10.0.0.1:80\"}]\nroutes:\n";
    const auto reason = [&](const std::string& first, const std::string& second) {
        const loaded_gateway gateway(head + "  - {name: first, service: s, match: {" + first +
                                     "}}\n  - {name: second, service: s, match: {" + second +
                                     "}}\n");
        const auto told = gateway.explain({"GET", "http://a.b.c/x/y"});
        REQUIRE(told.route);
        CHECK(told.route->name.text == "first");
        REQUIRE(told.losers.size() == 1);
        CHECK(told.losers[0].how == told_loser::kind::outranked);
        return told.losers[0].reason.text.substr(
            std::string("would match too, but first comes first: ").size());
    };
    CHECK(reason("hosts: [a.b.c]", "hosts: ['*.b.c']") == "it names the host itself");
    CHECK(reason("hosts: ['*.c']", "path: {exact: /x/y}") == "it names the host by a wildcard");
    CHECK(reason("hosts: ['*.b.c']", "hosts: ['*.c']") == "its wildcard is longer");
    CHECK(reason("path: {exact: /x/y}", "path: {regex: '/x.*'}") == "it names the whole path");
    CHECK(reason("path: {regex: '/x.*'}", "path: {prefix: /x/y}") ==
          "a regular expression goes before a prefix");
    CHECK(reason("path: {prefix: /x/y}", "path: {prefix: /x}") == "its prefix is longer");
    CHECK(reason("path: {prefix: /}", "methods: [GET]") == "it asks for a path");
    CHECK(reason("methods: [GET]", "") == "it has more conditions");
    CHECK(reason("methods: [GET]", "listeners: [web]") == "it stands before it in the file");
}

TEST_CASE("losers come in the matcher's order, then near misses, and there is an end to them") {
    std::string text = "listeners: [{name: web, address: \"0.0.0.0:80\"}]\n"
                       "services: [{name: s, url: \"10.0.0.1:80\"}]\nroutes:\n";
    for (int i = 0; i < 9; ++i)
        text += "  - {name: r" + std::to_string(i) + ", service: s, match: {path: {prefix: /" +
                std::string(1, static_cast<char>('a' + i)) + "}}}\n";
    for (int i = 0; i < 9; ++i)
        text += "  - {name: m" + std::to_string(i) +
                ", service: s, match: {path: {prefix: /a}, methods: [POST]}}\n";
    const auto told = loaded_gateway(text).explain({"GET", "http://x/a"});
    REQUIRE(told.losers.size() == 7);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(told.losers[i].route.text == "m" + std::to_string(i));
        CHECK(told.losers[i].how == told_loser::kind::failed);
    }
    CHECK(told.losers[5].route.text == "r1");
    CHECK(told.losers[5].how == told_loser::kind::near_miss);
}

TEST_CASE("every deadline is told with the level that says it") {
    const loaded_gateway gateway("listeners: [{name: web, address: \"0.0.0.0:80\"}]\n"
                                 "timeouts: {connect: 1s, stream_idle: 2s, client_idle: 9s}\n"
                                 "services:\n"
                                 "  - {name: s, url: \"10.0.0.1:80\",\n"
                                 "     timeouts: {stream_idle: 3s, upstream_head: 4s}}\n"
                                 "routes:\n"
                                 "  - name: r\n"
                                 "    service: s\n"
                                 "    timeout: 5s\n"
                                 "    timeouts: {upstream_head: 6s}\n");
    const auto told = gateway.explain({"GET", "http://x/"});
    const auto line = [](const told_timeout& one) {
        return std::string(one.name) + " " + one.value + " " + std::string(one.level) + " " +
               one.at;
    };
    REQUIRE(told.services.size() == 1);
    std::vector<std::string> all;
    for (const auto& one : told.services[0].timeouts)
        all.push_back(line(one));
    CHECK(all == std::vector<std::string>{
                     "timeout 5s route main.yaml:9", "connect 1s global main.yaml:2",
                     "upstream_head 6s route main.yaml:10", "upstream_idle 1m default ",
                     "stream_idle 3s service main.yaml:5"});
    CHECK(line(told.client_timeouts.at(0)) == "client_head 10s default ");
    CHECK(line(told.client_timeouts.at(3)) == "client_idle 9s global main.yaml:2");
}

TEST_CASE("the listener is the one the URL leads to") {
    const loaded_gateway gateway(R"(listeners:
  - {name: all, address: "0.0.0.0:80"}
  - {name: ten, address: "10.0.0.7:8080"}
  - {name: six, address: "[::1]:8080"}
  - {name: any, address: "0.0.0.0:8080"}
services: [{name: s, url: "10.0.0.1:80"}]
routes: [{name: r, service: s}]
)");
    const auto listener = [&](const std::string& url, const std::string& name = {}) {
        const auto told = gateway.explain({"GET", url, {}, name}).listener;
        return told.name.text + (told.note.empty() ? "" : ": " + told.note);
    };
    CHECK(listener("http://x/") == "all");
    CHECK(listener("HTTP://x:8080") == "ten");
    CHECK(listener("http://10.0.0.7:8080/") == "ten");
    CHECK(listener("http://[::1]:8080/") == "six");
    CHECK(listener("http://x:8080", "any") == "any");
    CHECK(listener("http://x:81/") ==
          "all: no listener takes http on port 81: told as if it came in here");
    CHECK(listener("https://x:8080/") ==
          "ten: no listener takes https on port 8080: told as if it came in here");
    CHECK(listener("https://x/", "all") == "all: it speaks http, the URL says https");
    const auto got = gateway.ask({"GET", "http://x/", {}, "nobody"});
    CHECK_FALSE(got.of);
    CHECK(got.problem == "no listener named \"nobody\"");
}

TEST_CASE("what nobody could send is no request") {
    const loaded_gateway gateway(shop);
    const auto problem = [&](const explain_request& request) {
        return gateway.ask(request).problem;
    };
    CHECK(problem({"G T", "http://x/"}) == "\"G T\" is not a method");
    CHECK(problem({"GET", "x/y"}) ==
          "\"x/y\" is not a URL such as http://shop.example.com:8080/orders");
    CHECK(problem({"GET", "http:///y"}) != "");
    CHECK(problem({"GET", "http://x/a b"}) == "a URL has no spaces: they are written %20");
    CHECK(problem({"GET", "http://x/a\r\nX: y"}) != "");
    CHECK(problem({"GET", "http://x:99999/"}) != "");
    CHECK(problem({"GET", "http://x:http/"}) != "");
    CHECK(problem({"GET", "http://x/", {{"a b", "1"}}}) == "\"a b\" is not the name of a header");
    CHECK(problem({"GET", "http://x/", {{"a", "1\r\nHost: y"}}}) ==
          "the header a has a line break in its value");
}

TEST_CASE("a request is read as the gateway reads it") {
    const loaded_gateway gateway(shop + "limits: {body: 10B}\n");
    const auto told = [&](const std::string& url, header_list headers = {}) {
        return gateway.explain({"POST", url, std::move(headers), {}});
    };
    const auto folded = told("http://SHOP.example.com.:80/x/..//%63art?%63#frag");
    CHECK(folded.host == "shop.example.com");
    CHECK(folded.path == "//cart");
    CHECK(folded.query == "%63");
    CHECK(told("http://shop.example.com/x/../%63art").route->name.text == "post");
    CHECK(told("http://x/cart", {{"host", "shop.example.com"}}).route->name.text == "post");
    CHECK(told("http://shop.example.com").path == "/");
    CHECK(told("http://shop.example.com?q").path == "/");
    const auto refusal = [&](const std::string& url, header_list headers = {}) {
        const auto answer = told(url, std::move(headers)).answer;
        REQUIRE(answer);
        return std::to_string(answer->status) + " " + answer->message;
    };
    CHECK(refusal("http://x/../..") == "400 the target is malformed");
    CHECK(refusal("http://x/", {{"Host", "a"}, {"Host", "b"}}) == "400 more than one Host");
    CHECK(refusal("http://x/", {{"Expect", "tea"}}) == "417 an Expect other than 100-continue");
    CHECK(refusal("http://x/", {{"X", std::string(20'000, 'x')}}).starts_with("431 "));
    const auto large = told("http://shop.example.com/cart", {{"Content-Length", "11"}});
    CHECK(large.answer->code == "body_too_large");
    CHECK(large.route->name.text == "post");
}

TEST_CASE("what nodes are sent is told with where it is rewritten") {
    const loaded_gateway gateway(R"(listeners: [{name: web, address: "0.0.0.0:80"}]
services:
  - {name: s, url: "10.0.0.1:80,unix:/run/x.sock"}
routes:
  - {name: kept, service: s, match: {path: {prefix: /kept}}}
  - name: own
    service: s
    match: {path: {prefix: /own}}
    rewrite:
      prefix: /v2
      host: upstream
  - name: fixed
    service: s
    match: {path: {prefix: /fixed}}
    rewrite: {host: "elsewhere:81"}
)");
    const auto kept = gateway.explain({"GET", "http://A.b:80/kept?x"});
    REQUIRE(kept.sending);
    CHECK(kept.sending->path.text == "/kept?x");
    CHECK(kept.sending->path.at == "");
    CHECK(kept.sending->host.text == "A.b:80");
    CHECK(kept.sending->host_rule == "preserve");
    const auto own = gateway.explain({"GET", "http://x/own/1"});
    CHECK(own.sending->path.text == "/v2/1");
    CHECK(own.sending->path.at == "main.yaml:10");
    CHECK(own.sending->host.text == "");
    CHECK(own.sending->host.at == "main.yaml:11");
    CHECK(own.services.at(0).nodes.at(0).host == "10.0.0.1:80");
    CHECK(own.services.at(0).nodes.at(1).host == "s");
    const auto fixed = gateway.explain({"GET", "http://x/fixed"});
    CHECK(fixed.sending->host.text == "elsewhere:81");
    CHECK(fixed.sending->host_rule == "literal");
}

TEST_CASE("services are told with their shares, names, nodes and TLS") {
    const loaded_gateway gateway(R"(listeners: [{name: web, address: "0.0.0.0:80"}]
services:
  - {name: here, url: ["10.0.0.1:80", "10.0.0.2:80 weight=3"]}
  - name: there
    source: dns
    url: there.internal:443,_x._tcp.internal
    tls: {mode: tls, verify: false}
  - {name: sure, url: "10.0.0.3:443", tls: {mode: tls, server_name: sure.internal}}
routes:
  - name: r
    services:
      - {name: here, weight: 3}
      - {name: there}
  - {name: s, service: sure, match: {path: {prefix: /sure}}}
)");
    const auto told = gateway.explain({"GET", "http://x/"});
    REQUIRE(told.services.size() == 2);
    const auto& here = told.services[0];
    CHECK(here.share == Approx(0.75));
    CHECK(here.chosen_at == "main.yaml:12");
    CHECK(here.nodes.at(1).address == "10.0.0.2:80");
    CHECK(here.nodes.at(1).weight == 3);
    CHECK(here.nodes_at == "main.yaml:3");
    CHECK(here.tls.mode.text == "disabled");
    const auto& there = told.services[1];
    CHECK(there.name.at == "main.yaml:4");
    CHECK(there.names == std::vector<std::string>{"there.internal:443", "_x._tcp.internal"});
    CHECK(there.nodes.empty());
    CHECK(there.tls.mode.text == "tls");
    CHECK(there.tls.mode.at == "main.yaml:7");
    CHECK_FALSE(there.tls.verify);
    CHECK(there.timeouts.at(2).name == "upstream_tls");
    const auto sure = gateway.explain({"GET", "http://x/sure"});
    CHECK(sure.services.at(0).nodes.at(0).tls_name == "sure.internal");
}

TEST_CASE("a service without a node for any request is told as the 503 it will be") {
    loaded_gateway gateway(R"(listeners: [{name: web, address: "0.0.0.0:80"}]
services:
  - {name: off, url: ["10.0.0.1:80 weight=0", "10.0.0.2:80 weight=0"]}
  - {name: on, url: ["10.0.0.1:80 weight=0", "10.0.0.2:80"]}
  - {name: found, source: dns, url: a.internal:80}
  - {name: unwanted, source: dns, url: ["a.internal:80 weight=0", "b.internal:80 weight=0"]}
routes:
  - {name: off, service: off, match: {path: {exact: /off}}}
  - {name: on, service: on, match: {path: {exact: /on}}}
  - {name: found, service: found, match: {path: {exact: /found}}}
  - {name: unwanted, service: unwanted, match: {path: {exact: /unwanted}}}
  - {name: half, match: {path: {exact: /half}}, services: [{name: on}, {name: off}]}
  - name: gone
    match: {path: {exact: /gone}}
    services: [{name: off}, {name: unwanted}, {name: on, weight: 0}]
)");
    const auto told = [&](const std::string& path) {
        return gateway.explain({"GET", "http://x" + path});
    };
    const auto message = [](const std::optional<told_answer>& one) {
        return one ? std::to_string(one->status) + " " + std::string(one->code) + " " + one->message
                   : "of a node";
    };
    const auto answer = [&](const std::string& path) { return message(told(path).answer); };
    const std::string weightless = "503 no_healthy_node no node has a weight above 0";
    CHECK(answer("/off") == weightless);
    CHECK(message(told("/off").services.at(0).answer) == weightless);
    CHECK(answer("/on") == "of a node");
    CHECK(answer("/unwanted") == weightless);
    CHECK(answer("/half") == "of a node");
    CHECK(message(told("/half").services.at(0).answer) == "of a node");
    CHECK(message(told("/half").services.at(1).answer) == weightless);
    CHECK(answer("/gone") ==
          "503 no_healthy_node no service with a share of the requests has a node for them");

    // Before a start nobody knows what DNS will say.
    CHECK(answer("/found") == "of a node");
    gateway.sources_tell = true;
    CHECK(answer("/found") == "503 no_healthy_node no address of its names is known now");
    gateway.table =
        sluice::app::with_nodes(*gateway.table,
                                std::vector<sluice::service::source_update>{
                                    {"found", {{*sluice::net::address::parse("10.0.0.1:80")}}}},
                                1);
    CHECK(answer("/found") == "of a node");

    const auto off = told("/off");
    CHECK(to_text(off).find("\nanswer               " + weightless.substr(0, 19) + ":") !=
          std::string::npos);
    CHECK(to_text(told("/half")).find("\n  answer             503 no_healthy_node: no node has") !=
          std::string::npos);
    const auto json = sluice::parse_json(to_json(off));
    REQUIRE(json);
    CHECK(json->at("answer").at("status") == 503);
    CHECK(json->at("services").at(0).at("answer").at("code") == "no_healthy_node");
}

TEST_CASE("what came in by reference is never told") {
    const std::string text = R"(listeners:
  - {name: "${env:S}", address: "0.0.0.0:80"}
  - {name: web, address: "0.0.0.0:81"}
timeouts: {connect: "${env:TIME}"}
services: [{name: "${env:S}", url: "${env:URL}"}]
routes:
  - name: "${env:S}"
    service: "${env:S}"
    match:
      hosts: ["${env:HOST}"]
      path: {prefix: "${env:P}"}
      headers: {x-key: "${env:S}", x-more: {regex: "${env:S}"}}
    rewrite: {prefix: "${env:P}", host: "${env:HOST}"}
  - {name: elsewhere, service: "${env:S}", match: {hosts: [elsewhere], listeners: [web]}}
)";
    const loaded_gateway gateway(text, {{"S", "planted"},
                                        {"URL", "10.9.8.7:80"},
                                        {"HOST", "planted.example"},
                                        {"P", "/planted"},
                                        {"TIME", "777ms"}});
    const auto silent = [&](const explain_request& request) {
        const auto told = gateway.explain(request);
        auto text_told = to_text(told) + to_json(told);
        for (const std::string_view secret : {"planted", "10.9.8.7", "777ms"})
            CHECK(text_told.find(secret) == std::string::npos);
        CHECK(text_told.find("***") != std::string::npos);
    };
    silent({"GET", "http://plunted.example/"});
    silent({"GET", "http://x/", {{"Host", "plantd.example"}}, {}});
    silent({"GET", "http://elsewhere/"});
    const auto matched = gateway.explain({"GET",
                                          "http://planted.example/planted/1",
                                          {{"x-key", "planted"}, {"x-more", "planted"}},
                                          {}});
    REQUIRE(matched.route);
    CHECK(matched.route->name.text == "***");
    CHECK(matched.route->host.text == "***");
    CHECK(matched.sending->path.text == "***");
    CHECK(matched.sending->host.text == "***");
    CHECK(matched.services.at(0).name.text == "***");
    CHECK(matched.services.at(0).nodes.at(0).address == "***");
    CHECK(matched.services.at(0).timeouts.at(1).value == "***");
}

TEST_CASE("a Host under other client certificates than the URL's name is misdirected") {
    loaded_gateway gateway(shop);
    const fake::certificate authority({.name = "ca", .is_ca = true});
    const fake::certificate shown({.name = "shop.example.com"}, &authority);
    sluice::net::listener_tls_settings tls;
    tls.certificates = {fake::entry_of(shown, {"shop.example.com"}),
                        fake::entry_of(shown, {"staff.example.com"})};
    tls.certificates[1].client_auth = sluice::net::client_auth::require;
    tls.certificates[1].client_ca = fake::pem_of(authority.pem());
    auto listener = gateway.settings.values.listeners[0];
    listener.tls = tls;
    const sluice::net::listener_tls certificates(
        tls, "web", std::make_shared<sluice::net::ticket_keys>(), {"http/1.1"});
    gateway.entrances = {{&listener, *sluice::net::address::parse("0.0.0.0:443"), &certificates}};
    const auto staff = gateway.explain(
        {"POST", "https://shop.example.com/cart", {{"Host", "staff.example.com"}}, {}});
    REQUIRE(staff.answer);
    CHECK(staff.answer->status == 421);
    CHECK_FALSE(staff.route);
    CHECK(gateway.explain({"POST", "https://shop.example.com/cart"}).route);
}

TEST_CASE("JSON names everything, and what is not there is null") {
    const loaded_gateway gateway(shop);
    const auto none = sluice::parse_json(to_json(gateway.explain({"GET", "http://x/y"})));
    REQUIRE(none);
    CHECK(none->at("route").is_null());
    CHECK(none->at("answer").at("status") == 404);
    CHECK(none->at("services").as_array().empty());
    const auto some = sluice::parse_json(
        to_json(gateway.explain({"PUT", "http://shop.example.com/cart?q=\"x\""})));
    REQUIRE(some);
    CHECK(some->at("request").at("query") == "q=\"x\"");
    CHECK(some->at("listener").at("name") == "web");
    CHECK(some->at("listener").at("at") == "main.yaml:2");
    CHECK(some->at("route").at("name") == "post");
    CHECK(some->at("route").at("path_at") == "main.yaml:19");
    CHECK(some->at("answer").is_null());
    CHECK(some->at("services").at(0).at("share") == 1);
}

TEST_CASE("text is three columns without control characters") {
    const loaded_gateway gateway(shop);
    CHECK(to_text(gateway.explain({"PUT", "http://shop.example.com/cart"})) ==
          R"(request              PUT http://shop.example.com/cart
listener             web on 0.0.0.0:80  main.yaml:2
route                post               main.yaml:16
  host               shop.example.com   main.yaml:18
  path               exactly /cart      main.yaml:19

to the node
  path               /cart
  Host               shop.example.com

service              a                  main.yaml:5
  nodes              10.0.0.1:80        main.yaml:5
  balancer           round_robin
  tls                disabled
  timeout            none     default
  connect            3s       default
  upstream_head      1m       default
  upstream_idle      1m       default
  stream_idle        1h       default

client
  client_head        10s      default
  client_body_idle   30s      default
  client_write_idle  30s      default
  client_idle        65s      default
  min_rate           240 B/s  default
)");
    const auto told = to_text(
        gateway.explain({"GET", "http://shop.example.com/orders", {{"X-User", "\x1b[31m"}}, {}}));
    CHECK(told.find('\x1b') == std::string::npos);
}

TEST_CASE("a call of gRPC to nodes of HTTP/1 is told as the refusal it will be") {
    loaded_gateway gateway(R"(listeners: [{name: web, address: "0.0.0.0:80"}]
services:
  - {name: old, url: "10.0.0.1:80"}
  - {name: asked, url: "10.0.0.1:80", protocol: auto}
  - {name: new, url: "10.0.0.1:80", protocol: http2}
routes:
  - {name: old, service: old, match: {path: {exact: /old}}}
  - {name: asked, service: asked, match: {path: {exact: /asked}}}
  - {name: new, service: new, match: {path: {exact: /new}}}
  - {name: olds, match: {path: {exact: /olds}}, services: [{name: old}, {name: asked}]}
  - {name: both, match: {path: {exact: /both}}, services: [{name: old}, {name: new}]}
)");
    const auto answer = [&](const std::string& path, header_list headers) {
        headers.emplace_back("Content-Type", "application/grpc");
        const auto told = gateway.explain({"POST", "http://x" + path, std::move(headers), {}});
        return told.answer ? std::string(told.answer->code) : "of a node";
    };
    CHECK(answer("/old", {}) == "not_implemented");
    CHECK(answer("/asked", {}) == "not_implemented");
    CHECK(answer("/olds", {}) == "not_implemented");
    CHECK(answer("/both", {}) == "of a node");
    CHECK(answer("/new", {}) == "of a node");
    CHECK(answer("/new", {{"grpc-timeout", "5"}}) == "bad_request");
    CHECK(answer("/new", {{"grpc-timeout", "5S"}}) == "of a node");
}
