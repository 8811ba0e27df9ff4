// SPDX-License-Identifier: Apache-2.0
// What a kept-alive request through the gateway may cost (docs/adr/0002): no allocation, one read
// and one write a side, and not one question to the kernel whose answer is already known.
#include "budget/calls.hpp"
#include "fake/gateway_rig.hpp"

#include <catch2/catch.hpp>

using budget::calls;
using budget::counted;
using budget::counting;
using fake::gateway_rig;
using fake::settings_for;

namespace {

// As a browser's fetch has it: some fields, none of them of the gateway's own concern.
constexpr std::string_view browser_get =
    "GET /api/v1/orders/17?page=2 HTTP/1.1\r\nHost: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\nAccept: application/json\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\nCookie: session=0123456789abcdef\r\n\r\n";

// The node and the client are the test's and are not counted.
class kept_alive {
public:
    explicit kept_alive(bool log, std::string_view trusted = {})
        : rig_(settings(log, trusted)), client_(rig_.connect()) {
        rig_.send(client_, fake::get);
        upstream_ = node_.accept();
        REQUIRE(upstream_);
        rig_.send(upstream_, answer);
        REQUIRE(client_.receive().find("hello") != std::string::npos);
        upstream_.receive();
    }

    calls one_request(std::string_view request = fake::get) {
        client_.send(request);
        counted = {};
        turn();
        REQUIRE_FALSE(upstream_.receive().empty());
        upstream_.send(answer);
        turn();
        REQUIRE(client_.receive().find("hello") != std::string::npos);
        return counted;
    }

private:
    static constexpr std::string_view answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

    sluice::app::settings settings(bool log, std::string_view trusted) {
        auto all = settings_for({&node_});
        if (const auto proxies = sluice::net::cidr::parse(trusted))
            all.listeners.emplace_back().trusted_proxies.push_back(*proxies);
        if (log)
            all.access_log.path = "/dev/null";
        return all;
    }
    void turn() {
        counting = true;
        rig_.loop.worker.turn(rig_.loop.worker.now());
        counting = false;
    }

    fake::node node_;
    gateway_rig rig_;
    fake::socket client_;
    fake::socket upstream_;
};

}  // namespace

TEST_CASE("a kept-alive request allocates nothing, with the log and without it") {
    const bool log = GENERATE(false, true);
    kept_alive connection(log);
    for (int i = 0; i < 20; ++i)
        connection.one_request();
    for (int i = 0; i < 1'000; ++i)
        REQUIRE(connection.one_request().allocations == 0);
}

TEST_CASE("a request that a trusted proxy passes on allocates nothing either") {
    kept_alive connection(true, "192.0.2.0/24");
    constexpr std::string_view request =
        "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6, "
        "2001:db8:1111:2222:3333:4444:5555:6666, 192.0.2.1, 192.0.2.22:65535\r\n\r\n";
    for (int i = 0; i < 20; ++i)
        connection.one_request(request);
    for (int i = 0; i < 100; ++i)
        REQUIRE(connection.one_request(request).allocations == 0);
}

TEST_CASE(
    "a kept-alive request costs four calls and its waits: no refused call, no set, no timer") {
    kept_alive connection(true);
    for (int i = 0; i < 20; ++i)
        connection.one_request();
    for (int i = 0; i < 100; ++i) {
        const auto cost = connection.one_request();
        REQUIRE(cost.io == 4);
        REQUIRE(cost.refused == 0);
        REQUIRE(cost.other == 0);
        REQUIRE(cost.waits == 2);
        // only when the log's writer, having waited for more in vain, sleeps
        REQUIRE(cost.bells <= 1);
    }
}

// Run by instructions_test.py under callgrind, which counts what happens inside worker::turn().
TEST_CASE("many kept-alive requests", "[.instructions]") {
    kept_alive connection(false);
    for (int i = 0; i < 2'000; ++i)
        connection.one_request(browser_get);
}

TEST_CASE("a kept-alive request rings no bell when there is no log") {
    kept_alive connection(false);
    for (int i = 0; i < 20; ++i)
        connection.one_request();
    for (int i = 0; i < 100; ++i)
        REQUIRE(connection.one_request().bells == 0);
}

TEST_CASE("a small body that comes with its head costs no more") {
    kept_alive connection(true);
    constexpr std::string_view post =
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    for (int i = 0; i < 20; ++i)
        connection.one_request(post);
    const auto cost = connection.one_request(post);
    CHECK(cost.allocations == 0);
    CHECK(cost.io == 4);
    CHECK(cost.refused == 0);
    CHECK(cost.other == 0);
}
