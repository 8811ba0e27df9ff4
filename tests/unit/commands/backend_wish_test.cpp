// SPDX-License-Identifier: Apache-2.0
#include "commands/backend_wish.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <set>
#include <string>

using namespace std::chrono_literals;
using sluice::commands::backend_request;
using sluice::commands::backend_wish;
using sluice::commands::describe;
using kind = backend_wish::kind;

TEST_CASE("the special paths of the backend are told from all others") {
    struct row {
        const char* target;
        kind what;
        std::uint64_t count;
    };
    const row rows[] = {
        {"/", kind::describe, 0},
        {"", kind::describe, 0},
        {"*", kind::describe, 0},
        {"/orders/1?x=/bytes/5", kind::describe, 0},
        {"/bytes/0", kind::bytes, 0},
        {"/bytes/1073741824", kind::bytes, 1073741824},
        {"/bytes/5?seed=1", kind::bytes, 5},
        {"/bytes/", kind::describe, 0},
        {"/bytes", kind::describe, 0},
        {"/bytes/-1", kind::describe, 0},
        {"/bytes/5x", kind::describe, 0},
        {"/bytes/99999999999999999999999", kind::describe, 0},
        {"/sse/3", kind::events, 3},
        {"/slow/3600001", kind::describe, 0},
        {"/status/200", kind::status, 200},
        {"/status/599", kind::status, 599},
        {"/status/101", kind::describe, 0},
        {"/status/600", kind::describe, 0},
        {"/ws", kind::websocket, 0},
        {"/ws?token=1", kind::websocket, 0},
        {"/wsx", kind::describe, 0},
    };
    for (const auto& row : rows) {
        INFO(row.target);
        const auto wish = backend_wish::read(row.target);
        CHECK(wish.what == row.what);
        CHECK(wish.count == row.count);
    }
}

TEST_CASE("the pause between events is 10 ms unless the query says otherwise") {
    CHECK(backend_wish::read("/sse/3").pause == 10ms);
    CHECK(backend_wish::read("/sse/3?a=1&interval=250").pause == 250ms);
    CHECK(backend_wish::read("/sse/3?interval=0").pause == 0ms);
    CHECK(backend_wish::read("/sse/3?xinterval=9&interval=soon").pause == 10ms);
    CHECK(backend_wish::read("/slow/1500").pause == 1500ms);
}

TEST_CASE("a request is described as it arrived") {
    const backend_request request{
        "127.0.0.1:9001", "POST", "/a?b=1", {{"Host", "x"}, {"X-A", "1"}}, 7};
    CHECK(describe(request) ==
          "{\"backend\":\"127.0.0.1:9001\",\"method\":\"POST\",\"path\":\"/a?b=1\","
          "\"headers\":{\"Host\":\"x\",\"X-A\":\"1\"},\"body_bytes\":7}\n");
}

TEST_CASE("fields of one name become one entry under the first spelling") {
    const backend_request request{"b", "GET", "/", {{"X-A", "1"}, {"Y", "z"}, {"x-a", "2"}}, 0};
    CHECK(describe(request).find("{\"X-A\":\"1, 2\",\"Y\":\"z\"}") != std::string::npos);
}

TEST_CASE("a description stays JSON whatever bytes a client sends") {
    const backend_request request{"b", "GET", "/\"\\\x01\xff", {}, 0};
    CHECK(describe(request).find("\"path\":\"/\\\"\\\\\\u0001\\u00ff\"") != std::string::npos);
}

TEST_CASE("the block of bytes has a prime length and every letter") {
    const auto block = sluice::commands::pattern();
    CHECK(block.size() == 65521);
    CHECK(std::set<char>(block.begin(), block.end()).size() == 26);
}
