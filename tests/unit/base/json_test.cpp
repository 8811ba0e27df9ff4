// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/json.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace sluice;

TEST_CASE("a whole JSON text is read, anything around it refuses it") {
    CHECK(parse_json(R"( {"a":[1,"b",null]} )")->at("a").as_array().size() == 3);
    for (const auto bad : {"", " ", "{", "{}x", "{'a':1}", "nul", "[1,]", "{\"a\":}", "\"\xff\""})
        CHECK_FALSE(parse_json(bad));
}

TEST_CASE("nesting is read 32 deep and no deeper") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(parse_json(nested(32)));
    CHECK_FALSE(parse_json(nested(33)));
    CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
}
