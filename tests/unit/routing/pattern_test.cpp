// SPDX-License-Identifier: Apache-2.0
#include "routing/pattern.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace sluice::routing {

TEST_CASE("a pattern matches whole texts or says why it cannot") {
    CHECK(pattern{"/a"}.matches("/a"));
    CHECK_FALSE(pattern{"/a"}.matches("/ab"));
    CHECK(pattern{"/a"}.problem().empty());
    CHECK_FALSE(pattern{"/a("}.problem().empty());
    CHECK_FALSE(pattern{"/a("}.matches("/a("));
}

TEST_CASE("a pattern that would need too much memory is refused") {
    CHECK_FALSE(pattern{"((a{100}){100}){100}"}.problem().empty());
    CHECK(pattern{"(/[a-z0-9-]{1,63}){1,8}"}.problem().empty());
}

TEST_CASE("the literal beginning of a regex is only what every match must have") {
    const auto literal = [](std::string_view text) { return literal_prefix(text, 47); };
    CHECK(literal("/api/v1/[a-z]+") == "/api/v1/");
    CHECK(literal("^/api/v1/.*$") == "/api/v1/");
    CHECK(literal("/a\\.b(c|d)") == "/a.b");
    CHECK(literal("/a/[|(]|/b").empty());
    CHECK(literal("/a/[]|]b") == "/a/");
    CHECK(literal("/a/[[:alpha:]|]b").empty());
    CHECK(literal("/a/[b(-[:alpha:]|").empty());
    CHECK(literal("/a/[^/|]+/b") == "/a/");
    CHECK(literal("/a/\\|b") == "/a/|b");
    CHECK(literal("/a/\\Q|b\\E").empty());
    CHECK(literal("/ab?") == "/a");
    CHECK(literal("/ab*") == "/a");
    CHECK(literal("/ab{0,2}") == "/a");
    CHECK(literal("/ab+") == "/ab");
    CHECK(literal("/a|/b").empty());
    CHECK(literal("(?i)/a").empty());
    CHECK(literal("/a(?i)*") == "/");
    CHECK(literal("/a+(?i)?") == "/");
    CHECK(literal("/\\x41") == "/");
    CHECK(literal("/a\\") == "/a");
    CHECK(literal_prefix("/abcdef", 3) == "/ab");
}

TEST_CASE("no text that a random regex matches lacks its literal beginning") {
    const std::string_view pieces[] = {
        "/", "a", "b",     "\\.", "|",   "(",         ")", "[",    "]", "^",   "*",
        "+", "?", "{0,1}", "\\Q", "\\E", "[:alpha:]", "-", "(?i)", "$", "\\|", "\\"};
    const std::string_view letters[] = {"/", "a", "b", ".", "|", "A", "-", "[", "Q", "\\"};
    std::mt19937 random{20261122};
    int matched = 0;
    for (int round = 0; round < 100'000; ++round) {
        std::string expression, text;
        for (auto n = 1 + random() % 8; n > 0; --n)
            expression += pieces[random() % std::size(pieces)];
        const pattern compiled{expression};
        if (!compiled.problem().empty())
            continue;
        for (int tries = 0; tries < 20; ++tries) {
            text.clear();
            for (auto n = random() % 4; n > 0; --n)
                text += letters[random() % std::size(letters)];
            if (!compiled.matches(text))
                continue;
            ++matched;
            if (!text.starts_with(literal_prefix(expression, 47)))
                FAIL(expression << " matches " << text);
        }
    }
    CHECK(matched > 10'000);
}

}  // namespace sluice::routing
