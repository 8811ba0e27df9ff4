// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/target.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

using namespace std::literals;
using sluice::arena;
using sluice::http::canonical_path;
using sluice::http::method;
using sluice::http::parse_target;

namespace {

/// The canonical form of a path, or "refused".
std::string canonical(std::string_view raw) {
    arena room;
    const auto path = canonical_path(raw, room);
    return path ? std::string{*path} : "refused";
}

bool refused(std::string_view raw) {
    arena room;
    return !parse_target(raw, method::get, room);
}

}  // namespace

TEST_CASE("a path already canonical is the received bytes, not a copy") {
    for (const std::string raw :
         {"/", "/a/b", "/a%2fb", "/a%5Cb", "//b", "/a;x/b", "/.well-known/x", "/a/...", "/a/.b/..c",
          "/%E4%BD%A0%e5%A5%BD", "/%20%25%22", "/a%25"}) {
        arena room;
        const auto path = canonical_path(raw, room);
        INFO(raw);
        REQUIRE(path);
        CHECK(path->data() == raw.data());
        CHECK(*path == raw);
        const auto whole = parse_target(raw, method::get, room);
        REQUIRE(whole);
        CHECK(whole->path.data() == raw.data());
        CHECK_FALSE(whole->rewritten);
    }
}

TEST_CASE("dot segments are removed, encoded or not") {
    CHECK(canonical("/a/../b") == "/b");
    CHECK(canonical("/a/%2e%2e/b") == "/b");
    CHECK(canonical("/a/%2E./b") == "/b");
    CHECK(canonical("/a/.%2e/b") == "/b");
    CHECK(canonical("/a/./b") == "/a/b");
    CHECK(canonical("/a/%2e/b") == "/a/b");
    CHECK(canonical("/a/.") == "/a/");
    CHECK(canonical("/a/b/..") == "/a/");
    CHECK(canonical("/a/..") == "/");
    CHECK(canonical("/.") == "/");
    CHECK(canonical("/./") == "/");
    CHECK(canonical("/a;x/../b") == "/b");
    CHECK(canonical("/a/b/c/../../d") == "/a/d");
}

TEST_CASE("empty segments are segments: they stay, and a dot-dot removes one of them") {
    CHECK(canonical("//b") == "//b");
    CHECK(canonical("/a//b") == "/a//b");
    CHECK(canonical("/a//../b") == "/a/b");
    CHECK(canonical("//../b") == "/b");
    CHECK(canonical("/a/..//b") == "//b");
}

TEST_CASE("a path above the root is refused") {
    CHECK(canonical("/..") == "refused");
    CHECK(canonical("/../a") == "refused");
    CHECK(canonical("/a/../..") == "refused");
    CHECK(canonical("/a/../../b") == "refused");
    CHECK(canonical("/%2e%2e/a") == "refused");
    CHECK(canonical("/./../a") == "refused");
}

TEST_CASE("only escapes of unreserved characters are decoded, and only once") {
    CHECK(canonical("/%61%5A%30%2D%5f%7e") == "/aZ0-_~");
    CHECK(canonical("/a%2fb") == "/a%2fb");
    CHECK(canonical("/a%2Fb") == "/a%2Fb");
    CHECK(canonical("/a%5cb") == "/a%5cb");
    CHECK(canonical("/%25%32%66") == "/%252f");
    CHECK(canonical("/%252e%252e/a") == "/%252e%252e/a");
    CHECK(canonical("/a/..%2fb") == "/a/..%2fb");
    CHECK(canonical("/%3b%3F%23") == "/%3b%3F%23");
}

TEST_CASE("control characters, broken escapes and bytes outside the grammar are refused") {
    for (const std::string_view raw :
         {"/%00"sv,      "/%1f"sv,  "/%7F"sv, "/%zz"sv,  "/%"sv,    "/%4"sv,   "/a%4"sv,
          "/%%41"sv,     "/a#b"sv,  "/a b"sv, "/a\tb"sv, "/a\0b"sv, "/\x7F"sv, "/\x80"sv,
          "/\xC3\xA9"sv, "/a\\b"sv, "a"sv,    ""sv,      "*"sv,     "/a?b"sv})
        CHECK(canonical(raw) == "refused");
}

TEST_CASE("escaped bytes must be well-formed UTF-8") {
    for (const auto* raw : {"/%C3%A9", "/%E4%BD%A0", "/%F0%9F%98%80", "/%C2%80", "/%ED%9F%BF",
                            "/%F4%8F%BF%BF", "/%E0%A0%80"})
        CHECK(canonical(raw) == raw);
    for (const auto* raw : {"/%C0%AF",       "/%C1%81",       "/%E0%80%AF", "/%E0%9F%BF",
                            "/%F0%80%80%AF", "/%F0%8F%BF%BF",  // overlong
                            "/%C3",          "/%C3x",         "/%C3/%A9",   "/%C3%",
                            "/%E4%BD",       "/%E4%BD%41",    "/%F0%9F%98",  // broken off
                            "/%80",          "/%BF",          "/%ED%A0%80", "/%ED%BF%BF",
                            "/%F4%90%80%80", "/%F5%80%80%80", "/%FF",       "/%FE"})
        CHECK(canonical(raw) == "refused");
}

TEST_CASE("the query is never changed") {
    arena room;
    const auto found = parse_target("/a/../b?x=/../%41%zz&y[]=%2e", method::get, room);
    REQUIRE(found);
    CHECK(found->path == "/b");
    CHECK(found->rewritten);
    CHECK(found->has_query);
    CHECK(found->query == "x=/../%41%zz&y[]=%2e");
    const auto empty = parse_target("/a?", method::get, room);
    REQUIRE(empty);
    CHECK(empty->has_query);
    CHECK(empty->query.empty());
    CHECK_FALSE(parse_target("/a", method::get, room)->has_query);
    CHECK(parse_target("/a/..?b", method::get, room)->path == "/");
    CHECK(parse_target("/.?b", method::get, room)->path == "/");
}

TEST_CASE("a fragment, a blank or a raw byte in the query is refused") {
    for (const std::string_view raw :
         {"/?a#b"sv, "/?a b"sv, "/?\x80"sv, "/?\x7F"sv, "/?a\0b"sv, "/?\t"sv})
        CHECK(refused(raw));
}

TEST_CASE("a target begins with a slash, a scheme we know, or is the asterisk of OPTIONS") {
    for (const std::string_view raw :
         {""sv, "a"sv, "a/b"sv, "ftp://x/"sv, "http:/x"sv, "http//x"sv, "httpx://a/"sv, "x:80"sv,
          "?a"sv, "**"sv, "*?a"sv, "http://"sv, "http:///a"sv, "http://u@x/"sv,
          "http:\x0f\x0fx/"sv})
        CHECK(refused(raw));
    CHECK(refused("*"));
    arena room;
    const auto asterisk = parse_target("*", method::options, room);
    REQUIRE(asterisk);
    CHECK(asterisk->path == "*");
}

TEST_CASE("an absolute target is split into authority, path and query") {
    arena room;
    const auto found = parse_target("HTTP://Shop.Example.com:8080/a/./b?c", method::get, room);
    REQUIRE(found);
    CHECK(found->authority == "Shop.Example.com:8080");
    CHECK(found->path == "/a/b");
    CHECK(found->query == "c");
    CHECK(found->rewritten);
    const auto bare = parse_target("https://[::1]", method::get, room);
    REQUIRE(bare);
    CHECK(bare->authority == "[::1]");
    CHECK(bare->path == "/");
    CHECK_FALSE(bare->rewritten);
    const auto query = parse_target("http://x?a=1", method::options, room);
    REQUIRE(query);
    CHECK(query->path == "/");
    CHECK(query->query == "a=1");
    CHECK(parse_target("http://x", method::options, room)->path == "*");
    CHECK_FALSE(parse_target("http://x/..", method::get, room));
    CHECK_FALSE(parse_target("http://x?a#b", method::get, room));
}

TEST_CASE("long paths are rewritten whole") {
    std::string raw = "/keep", wanted = "/keep";
    for (int i = 0; i < 1000; ++i) {
        raw += "/a/b%2d/../.././c%41";
        wanted += "/cA";
    }
    CHECK(canonical(raw) == wanted);
}

TEST_CASE("canonical form is a fixed point and never holds a dot segment") {
    const std::string_view pieces[] = {"/", "/",   "/",   ".",   "..",  "%2e", "%2E",
                                       "a", "%41", "%2f", "%25", "2e",  ";",   "%C3%A9",
                                       "%", "~",   "%5c", "//",  "%00", "*"};
    std::mt19937 random{20261122};
    int accepted = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string raw = "/";
        for (auto n = random() % 12; n > 0; --n)
            raw += pieces[random() % std::size(pieces)];
        arena room;
        const auto once = canonical_path(raw, room);
        if (!once)
            continue;
        ++accepted;
        const auto twice = canonical_path(*once, room);
        const std::string bounded = std::string{*once} + '/';
        if (!twice || twice->data() != once->data() || *twice != *once || once->front() != '/' ||
            bounded.find("/./") != bounded.npos || bounded.find("/../") != bounded.npos)
            FAIL(raw << " gave " << *once);
    }
    CHECK(accepted > 50'000);
}
