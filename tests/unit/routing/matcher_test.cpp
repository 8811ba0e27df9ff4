// SPDX-License-Identifier: Apache-2.0
#include "matcher_fixture.hpp"
#include "routing/matcher.hpp"
#include "sluice/http/target.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace sluice::routing {

namespace {

constexpr int none = -1;

/// The index of the winner, or none.
int winner(const std::vector<rule>& rules, const request& asked) {
    const auto found = matcher{rules}.match(asked);
    return found ? static_cast<int>(*found) : none;
}

}  // namespace

TEST_CASE("an exact host wins over wildcards, a longer wildcard over a shorter, any host is last") {
    const std::vector<rule> rules{on({}), on({"*.org"}), on({"*.example.org"}),
                                  on({"shop.example.org"})};
    CHECK(winner(rules, {"shop.example.org", "/"}) == 3);
    CHECK(winner(rules, {"cart.example.org", "/"}) == 2);
    CHECK(winner(rules, {"a.b.example.org", "/"}) == 2);
    CHECK(winner(rules, {"example.org", "/"}) == 1);
    CHECK(winner(rules, {"org", "/"}) == 0);
    CHECK(winner(rules, {"example.com", "/"}) == 0);
}

TEST_CASE("a wildcard stands for one or more whole labels, never for none") {
    const std::vector<rule> rules{on({"*.x.org"})};
    CHECK(winner(rules, {"a.x.org", "/"}) == 0);
    CHECK(winner(rules, {"a.b.x.org", "/"}) == 0);
    CHECK(winner(rules, {"x.org", "/"}) == none);
    CHECK(winner(rules, {"ax.org", "/"}) == none);
    CHECK(winner(rules, {"a.x.org.evil", "/"}) == none);
}

TEST_CASE("inside a host the order is exact path, regex, longest prefix, any path") {
    const std::vector<rule> rules{on({}),
                                  on({}, prefix("/")),
                                  on({}, prefix("/a")),
                                  on({}, prefix("/a/b")),
                                  on({}, regex("/a/b/c[0-9]*")),
                                  on({}, exact("/a/b/c"))};
    CHECK(winner(rules, {"h", "/a/b/c"}) == 5);
    CHECK(winner(rules, {"h", "/a/b/c1"}) == 4);
    CHECK(winner(rules, {"h", "/a/b/d"}) == 3);
    CHECK(winner(rules, {"h", "/a/x"}) == 2);
    CHECK(winner(rules, {"h", "/x"}) == 1);
    CHECK(winner(rules, {"h", "*", "OPTIONS"}) == 0);
}

TEST_CASE("the host decides before the path") {
    const std::vector<rule> rules{on({}, exact("/a")), on({"h"}, prefix("/"))};
    CHECK(winner(rules, {"h", "/a"}) == 1);
    CHECK(winner(rules, {"other", "/a"}) == 0);
}

TEST_CASE("a host whose rules all fail falls through to the next") {
    const std::vector<rule> rules{on({"a.x.org"}, exact("/only")), on({"*.x.org"}, prefix("/some")),
                                  on({})};
    CHECK(winner(rules, {"a.x.org", "/only"}) == 0);
    CHECK(winner(rules, {"a.x.org", "/some/1"}) == 1);
    CHECK(winner(rules, {"a.x.org", "/else"}) == 2);
}

TEST_CASE("a candidate whose conditions fail gives way to the next, across paths and hosts") {
    auto exact_post = on({"h"}, exact("/a"));
    exact_post.methods = {"POST"};
    auto regex_put = on({"h"}, regex("/.*"));
    regex_put.methods = {"PUT"};
    auto prefix_patch = on({"h"}, prefix("/a"));
    prefix_patch.methods = {"PATCH"};
    const std::vector<rule> rules{exact_post, regex_put, prefix_patch, on({}, prefix("/"))};
    CHECK(winner(rules, {"h", "/a", "POST"}) == 0);
    CHECK(winner(rules, {"h", "/a", "PUT"}) == 1);
    CHECK(winner(rules, {"h", "/a", "PATCH"}) == 2);
    CHECK(winner(rules, {"h", "/a", "GET"}) == 3);
}

TEST_CASE("a wrong method matches nothing") {
    auto one = on({}, prefix("/"));
    one.methods = {"GET", "POST"};
    CHECK(winner({one}, {"h", "/", "POST"}) == 0);
    CHECK(winner({one}, {"h", "/", "DELETE"}) == none);
    CHECK(winner({one}, {"h", "/", "get"}) == none);
}

TEST_CASE("a prefix matches whole segments") {
    const std::vector<rule> rules{on({}, prefix("/orders"))};
    CHECK(winner(rules, {"h", "/orders"}) == 0);
    CHECK(winner(rules, {"h", "/orders/"}) == 0);
    CHECK(winner(rules, {"h", "/orders/1"}) == 0);
    CHECK(winner(rules, {"h", "/ordersx"}) == none);
    CHECK(winner(rules, {"h", "/order"}) == none);
    CHECK(winner(rules, {"h", "//orders"}) == none);
    CHECK(winner(rules, {"h", "/x/orders"}) == none);
    CHECK(winner(rules, {"h", "/Orders"}) == none);
}

TEST_CASE("a prefix with a slash at its end needs that slash and is longer than the one without") {
    const std::vector<rule> rules{on({}, prefix("/a")), on({}, prefix("/a/"))};
    CHECK(winner(rules, {"h", "/a"}) == 0);
    CHECK(winner(rules, {"h", "/a/"}) == 1);
    CHECK(winner(rules, {"h", "/a/b"}) == 1);
    CHECK(winner(rules, {"h", "/a//b"}) == 1);
    CHECK(winner({on({}, prefix("/a//"))}, {"h", "/a//b"}) == 0);
    CHECK(winner({on({}, prefix("/a//"))}, {"h", "/a/b"}) == none);
}

TEST_CASE("an exact path knows its slashes") {
    const std::vector<rule> rules{on({}, exact("/a")), on({}, exact("/a/")), on({}, exact("/"))};
    CHECK(winner(rules, {"h", "/a"}) == 0);
    CHECK(winner(rules, {"h", "/a/"}) == 1);
    CHECK(winner(rules, {"h", "/"}) == 2);
    CHECK(winner(rules, {"h", "/a//"}) == none);
    CHECK(winner(rules, {"h", "//"}) == none);
}

TEST_CASE("a regex must match the whole path") {
    const std::vector<rule> rules{on({}, regex("/v[0-9]+/items"))};
    CHECK(winner(rules, {"h", "/v12/items"}) == 0);
    CHECK(winner(rules, {"h", "/v12/items/3"}) == none);
    CHECK(winner(rules, {"h", "/x/v12/items"}) == none);
    CHECK(winner({on({}, regex("/a|/b"))}, {"h", "/b"}) == 0);
    CHECK(winner({on({}, regex("/a|/b"))}, {"h", "/bc"}) == none);
    CHECK(winner({on({}, regex("(?i)/ABC/.*"))}, {"h", "/abc/d"}) == 0);
    CHECK(winner({on({}, regex(".*\\.jpg"))}, {"h", "/a/b.jpg"}) == 0);
    CHECK(winner({on({}, regex("^/a$"))}, {"h", "/a"}) == 0);
}

TEST_CASE("regexes of one host are tried by conditions, then file order, however they begin") {
    auto strict = on({}, regex("/items/[0-9]+"));
    strict.headers = {{"x-a", value_rule::kind::present, ""}};
    const std::vector<rule> rules{on({}, regex("/i.*")), on({}, regex("/items/12.*")),
                                  on({}, regex(".*")), strict};
    CHECK(winner(rules, {"h", "/items/123"}) == 0);
    CHECK(winner(rules, request{"h", "/items/123"}.with_header("X-A", "1")) == 3);
    CHECK(winner(rules, {"h", "/other"}) == 2);
    const std::vector<rule> turned{on({}, regex("/items/12.*")), on({}, regex("/i.*"))};
    CHECK(winner(turned, {"h", "/items/123"}) == 0);
}

TEST_CASE("a regex that does not compile matches nothing") {
    CHECK(winner({on({}, regex("/a(")), on({}, prefix("/"))}, {"h", "/a("}) == 1);
}

TEST_CASE(
    "more conditions win; methods and listeners count one each, every header and query entry one") {
    rule methods = on({}, prefix("/a"));
    methods.methods = {"GET", "POST", "PUT"};
    rule two = on({}, prefix("/a"));
    two.listeners = {"web"};
    two.query = {{"q", value_rule::kind::present, ""}};
    rule three = on({}, prefix("/a"));
    three.headers = {{"x", value_rule::kind::present, ""},
                     {"y", value_rule::kind::present, ""},
                     {"z", value_rule::kind::present, ""}};
    const std::vector<rule> rules{on({}, prefix("/a")), methods, two, three};
    CHECK(winner(rules, {"h", "/a", "DELETE"}) == 0);
    CHECK(winner(rules, {"h", "/a"}) == 1);
    CHECK(winner(rules, request{"h", "/a"}.with_query("q")) == 2);
    CHECK(winner(rules, request{"h", "/a"}
                            .with_query("q")
                            .with_header("x", "")
                            .with_header("y", "")
                            .with_header("z", "")) == 3);
}

TEST_CASE("between equals the order in the file decides") {
    CHECK(winner({on({"h"}, exact("/a")), on({"h"}, exact("/a"))}, {"h", "/a"}) == 0);
    CHECK(winner({on({"h", "i"}, prefix("/a")), on({"i", "h"}, prefix("/a"))}, {"i", "/a"}) == 0);
    CHECK(winner({on({}, regex("/a.*")), on({}, regex(".*a"))}, {"h", "/a"}) == 0);
}

TEST_CASE("a header condition is text, regex or presence; of several lines any may match") {
    rule one = on({});
    one.headers = {{"X-Channel", value_rule::kind::exact, "beta"}};
    CHECK(winner({one}, request{"h", "/"}.with_header("x-channel", "beta")) == 0);
    CHECK(
        winner({one},
               request{"h", "/"}.with_header("x-channel", "a").with_header("X-CHANNEL", "beta")) ==
        0);
    CHECK(winner({one}, request{"h", "/"}.with_header("x-channel", "Beta")) == none);
    CHECK(winner({one}, request{"h", "/"}.with_header("x-channels", "beta")) == none);
    CHECK(winner({one}, request{"h", "/"}) == none);
    one.headers = {{"x-channel", value_rule::kind::regex, "be.a|gamma"}};
    CHECK(winner({one}, request{"h", "/"}.with_header("X-Channel", "gamma")) == 0);
    CHECK(winner({one}, request{"h", "/"}.with_header("X-Channel", "gamma1")) == none);
    one.headers = {{"x-channel", value_rule::kind::present, ""}};
    CHECK(winner({one}, request{"h", "/"}.with_header("X-Channel", "")) == 0);
    CHECK(winner({one}, request{"h", "/"}) == none);
    one.headers = {{"Host", value_rule::kind::exact, "H:80"}};
    request asked{"h", "/"};
    CHECK(winner({one}, asked) == none);
    asked.head.authority = "H:80";
    CHECK(winner({one}, asked) == 0);
}

TEST_CASE("a query condition compares decoded names and values; of several pairs any may match") {
    rule one = on({});
    one.query = {{"debug mode", value_rule::kind::exact, "a/b c"}};
    const auto asked = [&](std::string_view query) {
        return winner({one}, request{"h", "/"}.with_query(query));
    };
    CHECK(asked("debug+mode=a/b+c") == 0);
    CHECK(asked("%64ebug%20mode=a%2Fb%20c") == 0);
    CHECK(asked("x&&debug+mode=1&debug+mode=a%2fb+c&y") == 0);
    CHECK(asked("debug+mode=a/b+c1") == none);
    CHECK(asked("debug+mode=a/b+") == none);
    CHECK(asked("debug+mode") == none);
    CHECK(asked("Debug+mode=a/b+c") == none);
    one.query = {{"d", value_rule::kind::regex, "a b[0-9]"}};
    CHECK(asked("d=a+b1") == 0);
    CHECK(asked("d=a+b12") == none);
    one.query = {{"d", value_rule::kind::present, ""}};
    CHECK(asked("a=1&d") == 0);
    CHECK(asked("a=d") == none);
    one.query = {{"d", value_rule::kind::exact, "%zz="}};
    CHECK(asked("d=%zz=") == 0);
    one.query = {{"d", value_rule::kind::exact, ""}};
    CHECK(asked("d=") == 0);
    CHECK(asked("d") == 0);
    CHECK(asked("") == none);
}

TEST_CASE("a rule for a listener matches only there") {
    rule one = on({});
    one.listeners = {"web", "internal"};
    CHECK(winner({one}, request{"h", "/"}.via("internal")) == 0);
    CHECK(winner({one}, request{"h", "/"}.via("websecure")) == none);
}

TEST_CASE("a request without a host matches host-less rules only") {
    const std::vector<rule> rules{on({"h"}), on({"*.h"}), on({}, prefix("/a"))};
    CHECK(winner(rules, {"", "/a"}) == 2);
    CHECK(winner(rules, {"", "/b"}) == none);
}

TEST_CASE("the asterisk of OPTIONS matches only rules without a path and regexes") {
    CHECK(winner({on({}, prefix("/"))}, {"h", "*", "OPTIONS"}) == none);
    CHECK(winner({on({}, prefix("/")), on({})}, {"h", "*", "OPTIONS"}) == 1);
}

TEST_CASE("without rules nothing matches") { CHECK(winner({}, {"h", "/"}) == none); }

TEST_CASE("5,000 hosts in mixed case are found in any case") {
    std::vector<rule> rules;
    for (int i = 0; i < 5000; ++i)
        rules.push_back(
            on({(i % 2 ? "Host-" : "HOST-") + std::to_string(i) + ".Example.COM"}, prefix("/")));
    const matcher index{rules};
    for (int i = 0; i < 5000; ++i) {
        const std::string sent =
            (i % 3 ? "hOsT-" : "HOST-") + std::to_string(i) + ".eXample.com.:8080";
        arena room;
        const auto authority = http::parse_authority(sent, room);
        REQUIRE(authority);
        const request asked{authority->host, "/"};
        REQUIRE(index.match(asked) == static_cast<std::size_t>(i));
    }
}

TEST_CASE("explaining lists every candidate in order with what it lost by") {
    rule post = on({"h"}, exact("/a"));
    post.methods = {"POST"};
    rule header = on({"h"}, prefix("/a"));
    header.headers = {{"x", value_rule::kind::present, ""}, {"y", value_rule::kind::present, ""}};
    rule listener = on({"*.h", "h"});
    listener.listeners = {"other"};
    rule query = on({});
    query.query = {{"q", value_rule::kind::present, ""}};
    const matcher index{
        std::vector<rule>{on({}), query, listener, header, post, on({"h"}, exact("/b"))}};
    const auto all = index.candidates(request{"h", "/a"}.with_header("x", ""));
    REQUIRE(all.size() == 5);
    using level = candidate::level;
    const auto is = [&](std::size_t at, std::size_t route, level host, miss lost_by) {
        CHECK(all[at].route == route);
        CHECK(all[at].host == host);
        CHECK(all[at].lost_by == lost_by);
    };
    is(0, 4, level::exact_host, {miss::kind::method});
    is(1, 3, level::exact_host, {miss::kind::header, 1});
    is(2, 2, level::exact_host, {miss::kind::listener});
    is(3, 1, level::any_host, {miss::kind::query});
    is(4, 0, level::any_host, {});
    CHECK(index.candidates(request{"z.h", "/"}).at(0).host == level::wildcard_host);
}

TEST_CASE("a rule that names a host twice is one candidate") {
    const matcher index{
        std::vector<rule>{on({"h", "H", "h."}, prefix("/a")), on({"h", "h"}, regex("/.*"))}};
    CHECK(index.candidates(request{"h", "/a"}).size() == 2);
}

}  // namespace sluice::routing
