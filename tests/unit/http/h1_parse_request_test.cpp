// SPDX-License-Identifier: Apache-2.0
// What an accepted request head means: the model the rest of the gateway sees.
#include "h1_reading.hpp"

#include <random>

using namespace std::literals;
using sluice::errc;
using sluice::http::field_id;
using sluice::http::framing;
using sluice::http::head_rules;
using sluice::http::method;
using sluice::http::path_policy;
using sluice::http::underscore_policy;
using sluice::test::parse_step;
using sluice::test::request_reading;

namespace {

// A reading that must have succeeded.
struct accepted : request_reading {
    explicit accepted(std::string_view text, const head_rules& rules = {})
        : request_reading(text, rules) {
        INFO(step.reason);
        REQUIRE(step.at == parse_step::state::complete);
    }
};

std::string with(const std::string& fields, const std::string& version = "1.1") {
    return "GET /a HTTP/" + version + "\r\nHost: a.example\r\n" + fields + "\r\n";
}

bool ends_here(const request_reading& read, std::string_view name) {
    const auto* const one = read.head.fields.find(name);
    REQUIRE(one != nullptr);
    return one->hop_by_hop;
}

}  // namespace

TEST_CASE("a request head becomes method, target, host and fields") {
    const auto& read = accepted("POST /a%2Fb?x=1&y HTTP/1.1\r\nHost: Shop.Example.com.:8080\r\n"
                                "User-Agent: t \r\nX-Empty:\r\nContent-Length: 005\r\n\r\nhello");
    CHECK(read.head.verb == method::post);
    CHECK(read.head.method_name == "POST");
    CHECK(read.head.path == "/a%2Fb");
    CHECK(read.head.query == "x=1&y");
    CHECK(read.head.has_query);
    CHECK(read.head.host == "shop.example.com");
    CHECK(read.head.authority == "Shop.Example.com.:8080");
    CHECK(read.head.body.how == framing::kind::length);
    CHECK(read.head.body.length == 5);
    CHECK(read.head.keep_alive);
    CHECK(read.step.consumed == read.bytes.size() - 5);
    REQUIRE(read.head.fields.size() == 2);
    CHECK(read.head.fields.find("user-agent")->value == "t");
    CHECK(read.head.fields.find("x-empty")->value.empty());
}

TEST_CASE("Host and framing fields are never in the list") {
    const auto& read =
        accepted("POST / HTTP/1.1\r\nhOsT: a\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n");
    CHECK(read.head.body.how == framing::kind::chunked);
    CHECK(read.head.fields.size() == 1);
}

TEST_CASE("methods are told by their exact name") {
    const auto verb = [](const std::string& name) {
        return accepted(name + " / HTTP/1.1\r\nHost: a\r\n\r\n").head.verb;
    };
    CHECK(verb("GET") == method::get);
    CHECK(verb("HEAD") == method::head);
    CHECK(verb("PUT") == method::put);
    CHECK(verb("PATCH") == method::patch);
    CHECK(verb("DELETE") == method::delete_);
    CHECK(verb("OPTIONS") == method::options);
    CHECK(verb("get") == method::other);
}

TEST_CASE("a connection stays open by version and option") {
    const auto keep_alive = [](const std::string& fields, const std::string& version) {
        return accepted(with(fields, version)).head.keep_alive;
    };
    CHECK(keep_alive("", "1.1"));
    CHECK_FALSE(keep_alive("Connection: close\r\n", "1.1"));
    CHECK_FALSE(keep_alive("Connection: keep-alive, Close\r\n", "1.1"));
    CHECK_FALSE(keep_alive("Connection: keep-alive\r\nConnection: close\r\n", "1.1"));
    CHECK_FALSE(keep_alive("", "1.0"));
    CHECK(keep_alive("Connection: Keep-Alive\r\n", "1.0"));
    CHECK_FALSE(keep_alive("Proxy-Connection: keep-alive\r\n", "1.0"));
    CHECK(keep_alive("", "1.7"));
}

TEST_CASE("fields named by Connection end here, but not those the gateway depends on") {
    const auto& read = accepted(
        with("Connection: close, X-Auth, x-forwarded-for, X-Request-Id, Host, x-forwarded-user\r\n"
             "x-auth: 1\r\nX-Auth: 2\r\nX-Forwarded-For: 1.2.3.4\r\nX-Request-Id: 7\r\n"
             "X-Forwarded-User: u\r\nX-Other: 3\r\n"));
    CHECK(ends_here(read, "X-Auth"));
    unsigned marked = 0;
    for (const auto& one : read.head.fields)
        marked += one.hop_by_hop;
    CHECK(marked == 3);  // Connection and both X-Auth lines
    CHECK_FALSE(ends_here(read, "X-Forwarded-For"));
    CHECK_FALSE(ends_here(read, "X-Forwarded-User"));
    CHECK_FALSE(ends_here(read, "X-Request-Id"));
    CHECK_FALSE(ends_here(read, "X-Other"));
    CHECK(read.head.authority == "a.example");
}

TEST_CASE("fixed hop-by-hop fields end here without being named") {
    const auto& read = accepted(with(
        "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: gzip\r\nUpgrade: websocket\r\n"
        "Proxy-Authorization: x\r\nProxy-Authenticate: y\r\nHTTP2-Settings: z\r\n"));
    for (const auto& one : read.head.fields) {
        INFO(one.name);
        CHECK(one.hop_by_hop);
    }
    CHECK(read.head.upgrade.empty());
    CHECK_FALSE(read.head.trailers_wanted);
}

TEST_CASE("too many Connection options are refused") {
    std::string options = "Connection: x";
    for (int i = 0; i < 64; ++i)
        options += ",y";
    CHECK(request_reading{with(options + "\r\n")}.step.at == parse_step::state::failed);
}

TEST_CASE("an upgrade is offered only when Connection names it, on HTTP/1.1, and never h2c") {
    const auto upgrade = [](const std::string& fields, const std::string& version = "1.1") {
        return std::string{accepted(with(fields, version)).head.upgrade};
    };
    CHECK(upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n") == "websocket");
    CHECK(upgrade("Upgrade: websocket\r\n").empty());
    CHECK(upgrade("Connection: upgrade\r\n").empty());
    CHECK(upgrade("Connection: upgrade\r\nUpgrade: websocket\r\n", "1.0").empty());
    CHECK(upgrade("Connection: upgrade, http2-settings\r\nUpgrade: H2C\r\nHTTP2-Settings: A\r\n")
              .empty());
    CHECK(upgrade("Connection: upgrade\r\nUpgrade: websocket, h2c\r\n").empty());
    CHECK(upgrade("Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n").empty());
}

TEST_CASE("an expectation is kept on HTTP/1.1 and ends here on HTTP/1.0") {
    const auto& now = accepted(with("Expect: 100-continue\r\n"));
    CHECK(now.head.expects_continue);
    CHECK_FALSE(ends_here(now, "Expect"));
    const auto& old = accepted(with("Expect: 100-continue\r\n", "1.0"));
    CHECK_FALSE(old.head.expects_continue);
    CHECK(ends_here(old, "Expect"));
}

TEST_CASE("TE keeps only the wish for trailers") {
    CHECK(accepted(with("TE: gzip, Trailers\r\nConnection: TE\r\n")).head.trailers_wanted);
    CHECK_FALSE(accepted(with("TE: gzip\r\nConnection: TE\r\n")).head.trailers_wanted);
}

TEST_CASE("names with underscores follow the listener's policy") {
    const std::string aliases =
        "Content_Length: 5\r\nTransfer_Encoding: chunked\r\nX_Forwarded_For: 1\r\n"
        "X-Forwarded_Ssl: on\r\nX_Request_Id: 1\r\nConnection_: x\r\nKeep_Alive: 1\r\n"
        "X_Client_Subject: me\r\nmy_field: kept\r\n";
    const auto& by_default = accepted(with(aliases));
    CHECK(by_default.head.fields.size() == 2);
    CHECK(by_default.head.fields.find("my_field") != nullptr);
    CHECK(by_default.head.body.how == framing::kind::none);

    head_rules rules;
    rules.underscores = underscore_policy::drop;
    CHECK(accepted(with(aliases), rules).head.fields.empty());
    rules.underscores = underscore_policy::reject;
    CHECK(request_reading{with("my_field: 1\r\n"), rules}.step.code == errc::bad_request);
    CHECK(request_reading{with("my_field: 1\r\n"), rules}.step.at == parse_step::state::failed);
}

TEST_CASE("a client cannot say who it was verified to be") {
    CHECK(accepted(with("X-Client-Subject: CN=admin\r\n")).head.fields.empty());
}

TEST_CASE("a path that is not canonical is rewritten or refused") {
    CHECK(accepted("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n").head.path == "/b");
    head_rules rules;
    rules.paths = path_policy::reject;
    CHECK(request_reading{"GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", rules}.step.at ==
          parse_step::state::failed);
    CHECK(accepted("GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", rules).head.path == "/a%2Fb");
}

TEST_CASE("HTTP/1.0 without Host has none, unless the target names one") {
    const auto& none = accepted("GET / HTTP/1.0\r\n\r\n");
    CHECK(none.head.host.empty());
    CHECK(none.head.authority.empty());
    CHECK(none.head.received.minor_number == 0);
    CHECK(accepted("GET http://B.example/ HTTP/1.0\r\n\r\n").head.host == "b.example");
}

TEST_CASE("a newer minor version is read as 1.1") {
    const auto& read = accepted("\r\nGET / HTTP/1.9\r\nHost: a\r\n\r\n");
    CHECK(read.head.received.minor_number == 1);
    CHECK(read.head.keep_alive);
}

TEST_CASE("limits on head, line and field count answer with 431 in every split") {
    head_rules rules;
    rules.bounds.head = 200;
    rules.bounds.line = 60;
    rules.bounds.headers = 3;
    const auto refused = [&](const std::string& text) {
        const request_reading read{text, rules};
        sluice::test::check_request_splits(text, read.step, rules);
        return read.step.at == parse_step::state::failed && read.step.code == errc::head_too_large;
    };
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
    CHECK(refused("GET /" + std::string(60, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(refused(start + "X: " + std::string(58, 'a') + "\r\n\r\n"));
    CHECK_FALSE(refused(start + "X: " + std::string(57, 'a') + "\r\n\r\n"));
    CHECK(refused(start + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"));
    CHECK_FALSE(refused(start + "A: 1\r\nB: 2\r\n\r\n"));

    rules.bounds.line = 1000;
    const std::string fill = start + "X: ";
    CHECK_FALSE(refused(fill + std::string(200 - fill.size() - 4, 'a') + "\r\n\r\n"));
    CHECK(refused(fill + std::string(201 - fill.size() - 4, 'a') + "\r\n\r\n"));
    CHECK(refused(fill + std::string(500, 'a')));
}

TEST_CASE("a bad byte behind the limit does not change the verdict") {
    head_rules rules;
    rules.bounds.head = 64;
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(60, 'a') + "\n";
    const request_reading read{text, rules};
    CHECK(read.step.code == errc::head_too_large);
    sluice::test::check_request_splits(text, read.step, rules);
}

TEST_CASE("three thousand fields are refused at the limit's line, not stored") {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 3000; ++i)
        text += "a:b\r\n";
    const request_reading read{text + "\r\n"};
    CHECK(read.step.code == errc::head_too_large);
    CHECK(read.head.fields.empty());
}

TEST_CASE("a head is reused without remembering the last one") {
    sluice::http::request_head head;
    sluice::arena room;
    const auto read = [&](std::string& text) {
        sluice::http::h1::scan_position at;
        return sluice::http::h1::parse_request(text, at, {}, room, head).at ==
               parse_step::state::complete;
    };
    std::string first = "POST /a?b HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: "
                        "x\r\nTE: trailers\r\n"
                        "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    std::string second = "GET / HTTP/1.0\r\n\r\n";
    REQUIRE(read(first));
    REQUIRE(read(second));
    CHECK(head.fields.empty());
    CHECK_FALSE(head.has_query);
    CHECK(head.query.empty());
    CHECK(head.upgrade.empty());
    CHECK_FALSE(head.expects_continue);
    CHECK_FALSE(head.trailers_wanted);
    CHECK_FALSE(head.body.has_body());
    CHECK(head.authority.empty());
}

TEST_CASE("random bytes never crash the reader and read alike in every split") {
    std::mt19937 random{20240601};
    constexpr std::string_view alphabet = "GET /HTP1.0\r\n\r\n: \t,aA%2_\0\x7f\xff;=#?"sv;
    for (int round = 0; round < 400; ++round) {
        std::string text = round % 2 == 0 ? "" : "GET / HTTP/1.1\r\nHost: a\r\n";
        for (auto length = random() % 60; length > 0; --length)
            text += alphabet[random() % alphabet.size()];
        const request_reading read{text};
        sluice::test::check_request_splits(text, read.step);
    }
}
