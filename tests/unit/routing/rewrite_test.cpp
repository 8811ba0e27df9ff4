// SPDX-License-Identifier: Apache-2.0
#include "routing/rewrite.hpp"
#include "sluice/http/target.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

using sluice::arena;
using sluice::routing::replace_prefix;

namespace {

std::string rewritten(std::string_view path, std::string_view prefix,
                      std::string_view replacement) {
    arena room;
    const auto result = replace_prefix(path, prefix, replacement, room);
    return result ? std::string{*result} : "refused";
}

}  // namespace

TEST_CASE("the matched prefix is replaced") {
    CHECK(rewritten("/orders/1", "/orders", "/") == "/1");
    CHECK(rewritten("/orders", "/orders", "/") == "/");
    CHECK(rewritten("/orders/", "/orders", "/") == "/");
    CHECK(rewritten("/orders/1", "/orders", "/v2") == "/v2/1");
    CHECK(rewritten("/orders", "/orders", "/v2") == "/v2");
    CHECK(rewritten("/orders/", "/orders", "/v2") == "/v2/");
    CHECK(rewritten("/orders/1/", "/orders", "/v2/") == "/v2/1/");
    CHECK(rewritten("/orders", "/orders", "/v2/") == "/v2/");
    CHECK(rewritten("/1", "/", "/v2") == "/v2/1");
    CHECK(rewritten("/", "/", "/v2") == "/v2/");
}

TEST_CASE("a prefix or replacement with a slash at its end joins with exactly one") {
    CHECK(rewritten("/orders/1", "/orders/", "/") == "/1");
    CHECK(rewritten("/orders/1", "/orders/", "/v2") == "/v2/1");
    CHECK(rewritten("/orders/1", "/orders/", "/v2/") == "/v2/1");
    CHECK(rewritten("/orders/", "/orders/", "/v2") == "/v2/");
}

TEST_CASE("the result never begins with two slashes") {
    CHECK(rewritten("/orders//evil.example", "/orders", "/") == "/evil.example");
    CHECK(rewritten("/orders///evil.example", "/orders/", "/") == "/evil.example");
    CHECK(rewritten("/orders//evil.example", "/orders", "") == "/evil.example");
    CHECK(rewritten("/orders//x", "/orders", "/a/..") == "/x");
    CHECK(rewritten("/orders", "/orders", "//x") == "/x");
    CHECK(rewritten("//x", "/", "/") == "/x");
    CHECK(rewritten("/orders//x", "/orders", "/v2") == "/v2//x");
}

TEST_CASE("a prefix that ends inside a segment replaces nothing") {
    CHECK(rewritten("/orders../admin", "/orders", "/") == "refused");
    CHECK(rewritten("/ordersx", "/orders", "/") == "refused");
    CHECK(rewritten("/other", "/orders", "/") == "refused");
    CHECK(rewritten("/orders", "/orders/", "/") == "refused");
}

TEST_CASE("escapes stay as they are behind a replaced prefix") {
    CHECK(rewritten("/api/..%2fadmin", "/api", "/") == "/..%2fadmin");
    CHECK(rewritten("/api/%2f%2fx", "/api", "/") == "/%2f%2fx");
    CHECK(rewritten("/api/%252e%252e/x", "/api", "/v2") == "/v2/%252e%252e/x");
}

TEST_CASE("dot segments of a replacement cannot climb above the root") {
    CHECK(rewritten("/a/b", "/a", "/v2/../v3") == "/v3/b");
    CHECK(rewritten("/a/b", "/a", "/..") == "refused");
    CHECK(rewritten("/a/b", "/a", "relative") == "refused");
}

TEST_CASE("whatever is rewritten is canonical with one leading slash") {
    const std::string_view pieces[] = {"/", "/", "a", "..", ".", "%2e", "%2f", "x", ";", "%25"};
    const std::string_view prefixes[] = {"/", "/a", "/a/", "/a/x"};
    const std::string_view replacements[] = {"/", "", "/v2", "/v2/", "/a/.", "//", "/%61"};
    std::mt19937 random{7};
    int done = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string raw = random() % 2 ? "/a" : "/a/x";
        for (auto n = random() % 10; n > 0; --n)
            raw += pieces[random() % std::size(pieces)];
        arena room;
        const auto path = sluice::http::canonical_path(raw, room);
        if (!path)
            continue;
        const auto result = replace_prefix(*path, prefixes[random() % std::size(prefixes)],
                                           replacements[random() % std::size(replacements)], room);
        if (!result)
            continue;
        ++done;
        const auto again = sluice::http::canonical_path(*result, room);
        if (!again || *again != *result || result->starts_with("//"))
            FAIL(raw << " gave " << *result);
    }
    CHECK(done > 5'000);
}
