// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "fake/streams.hpp"
#include "proxy/request_id.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

struct fixture {
    std::string chosen(bool trusted) {
        client.facts.trusted = trusted;
        x.begin(head, client, {});
        choose_request_id(x, random);
        std::string id(x.request_id.data(), x.request_id_size);
        CHECK(x.outgoing.request_id == id);
        x.end();
        return id;
    }

    fake::loop loop;
    fake::client_side client{loop.worker};
    sluice::http::request_head head;
    sluice::random_source random{1};
    sluice::proxy::exchange x{loop.worker};
};

bool is_ours(const std::string& id) {
    return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(fixture, "a request without an id is given 32 hex digits, other ones each time") {
    const auto first = chosen(false);
    CHECK(is_ours(first));
    CHECK(is_ours(chosen(true)));
    CHECK(chosen(false) != first);
}

TEST_CASE_METHOD(fixture, "a trusted proxy's id is kept as it is, anyone else's is replaced") {
    head.fields.add("X-Request-Id", "theirs-1");
    CHECK(chosen(true) == "theirs-1");
    CHECK(is_ours(chosen(false)));
}

TEST_CASE_METHOD(fixture, "of a trusted proxy's ids the first counts") {
    head.fields.add("x-request-id", "one");
    head.fields.add("X-Request-Id", "two");
    CHECK(chosen(true) == "one");
}

TEST_CASE_METHOD(fixture, "an id that is empty or longer than there is room for is replaced") {
    const std::string longest(128, 'a');
    const std::string too_long(129, 'a');
    head.fields.add("X-Request-Id", longest);
    CHECK(chosen(true) == longest);
    head.fields.clear();
    head.fields.add("X-Request-Id", too_long);
    CHECK(is_ours(chosen(true)));
    head.fields.clear();
    head.fields.add("X-Request-Id", "");
    CHECK(is_ours(chosen(true)));
}
