// SPDX-License-Identifier: Apache-2.0
// A long trailer section is read in a few large steps, whatever becomes of it.
#include "budget/calls.hpp"
#include "fake/gateway_rig.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a trailer section larger than a block is never read byte by byte") {
    const bool allowed = GENERATE(true, false);
    fake::node one;
    auto settings = fake::settings_for({&one});
    if (allowed)
        settings.limits.head = 1 << 20;
    fake::gateway_rig rig(settings);
    auto client = rig.connect();
    std::string request =
        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
    for (int i = 0; i < 100; ++i)
        request += "X-Sum: " + std::string(2000, 's') + "\r\n";
    request += "\r\n";
    budget::counted = {};
    for (std::size_t sent = 0, rounds = 0; sent < request.size() && rounds < 1'000; ++rounds) {
        sent += client.send(std::string_view(request).substr(sent));
        budget::counting = true;
        rig.loop.settle(2);
        budget::counting = false;
    }
    CHECK(budget::counted.io < 100);
    auto upstream = one.accept();
    if (allowed) {
        REQUIRE(upstream);
        rig.send(upstream, fake::empty_answer);
        CHECK(client.receive().rfind("HTTP/1.1 200", 0) == 0);
    } else {
        CHECK(client.receive().rfind("HTTP/1.1 4", 0) == 0);
    }
}
