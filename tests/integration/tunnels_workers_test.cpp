// SPDX-License-Identifier: Apache-2.0
// Tunnels: how long silence lasts, and what the access record counts (its writer is a thread).
#include "fake/request_at_node.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::node;
using fake::settings_for;

namespace {

constexpr std::string_view upgrade =
    "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

// One client switched to raw bytes, through a gateway that writes its log to `log`.
struct tunnel : fake::request_at_node {
    explicit tunnel(const std::string& log = "off", std::chrono::milliseconds idle = 10s)
        : request_at_node(upgrade, [&](auto& settings) {
              settings.access_log.path = log;
              settings.timeouts.stream_idle = idle;
          }) {
        upstream.receive();
        rig.send(upstream, switching);
        client.receive();
    }
};

}  // namespace

TEST_CASE("a tunnel ends one idle time after the last byte of either side, not two") {
    tunnel through;
    auto& rig = through.rig;
    const bool client_speaks = GENERATE(true, false);
    rig.loop.advance(6s);
    rig.send(client_speaks ? through.client : through.upstream, "ping");
    rig.loop.advance(9900ms);
    CHECK(rig.closed == 0);
    rig.loop.advance(100ms + fake::past);
    CHECK(rig.closed == 1);
}

TEST_CASE("a tunnel whose node ended gives its client ten seconds more, whatever it sends") {
    tunnel through("off", 1h);
    auto& rig = through.rig;
    const bool speaks = GENERATE(true, false);
    rig.send(through.upstream, "last words");
    through.upstream.shut_write();
    rig.loop.settle();
    CHECK(through.client.receive() == "last words");
    CHECK(through.client.at_end());
    rig.loop.advance(9900ms);
    CHECK(rig.closed == 0);
    if (speaks) {
        rig.send(through.client, "bye");
        CHECK(through.upstream.receive() == "bye");
    }
    rig.loop.advance(100ms + fake::past);
    CHECK(rig.closed == 1);
    through.upstream.receive();
    CHECK(through.upstream.at_end());
}

TEST_CASE("a tunnel whose client ended gives its node ten seconds more, whatever it sends") {
    tunnel through("off", 1h);
    auto& rig = through.rig;
    const bool speaks = GENERATE(true, false);
    rig.send(through.client, "last words");
    through.client.shut_write();
    rig.loop.settle();
    CHECK(through.upstream.receive() == "last words");
    CHECK(through.upstream.at_end());
    rig.loop.advance(9900ms);
    CHECK(rig.closed == 0);
    if (speaks) {
        rig.send(through.upstream, "bye");
        CHECK(through.client.receive() == "bye");
    }
    rig.loop.advance(100ms + fake::past);
    CHECK(rig.closed == 1);
    through.client.receive();
    CHECK(through.client.at_end());
    CHECK(rig.stats().open == 0);
}

TEST_CASE("the last words of a tunnel are given their time by stream_idle until they are taken") {
    tunnel through("off", 30s);
    auto& rig = through.rig;
    std::size_t sent = 0;
    // The client reads nothing until its window is full, then the node ends.
    while (const auto put = through.upstream.send(std::string(1 << 20, 'x'))) {
        sent += put;
        rig.loop.settle();
    }
    through.upstream.shut_write();
    rig.loop.settle();
    rig.loop.advance(20s);
    CHECK(rig.closed == 0);
    std::size_t got = 0;
    while (const auto piece = through.client.receive(1 << 20).size()) {
        got += piece;
        rig.loop.settle();
    }
    CHECK(got == sent);
    CHECK(through.client.at_end());
    rig.loop.advance(10s + fake::past);
    CHECK(rig.closed == 1);
}

TEST_CASE("a tunnel that begins behind a client's end lives as long as any half") {
    node one;
    auto settings = settings_for({&one});
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, upgrade);
    auto upstream = one.accept();
    client.shut_write();
    rig.loop.settle();
    rig.loop.advance(500ms);
    rig.send(upstream, switching);
    rig.loop.advance(9900ms);
    CHECK(rig.closed == 0);
    rig.send(upstream, "still there");
    CHECK(client.receive().find("still there") != std::string::npos);
    rig.loop.advance(100ms + fake::past);
    CHECK(rig.closed == 1);
}

TEST_CASE("a tunnel that ran out of its half is logged without an error") {
    auto pattern = (std::filesystem::temp_directory_path() / "sluice-tunnel-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path folder = pattern;
    {
        tunnel through(folder / "access.log", 1h);
        through.upstream.shut_write();
        through.rig.loop.settle();
        through.rig.loop.advance(10s + fake::past);
        CHECK(through.rig.closed == 1);
    }
    std::ifstream file(folder / "access.log");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    CHECK(line.find(R"("status":101,)") != std::string::npos);
    CHECK(line.find(R"("error":null)") != std::string::npos);
    std::filesystem::remove_all(folder);
}

TEST_CASE("the access record counts the bytes of both directions of a tunnel") {
    auto pattern = (std::filesystem::temp_directory_path() / "sluice-tunnel-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path folder = pattern;
    {
        tunnel through(folder / "access.log");
        through.rig.send(through.client, "hello");
        through.rig.send(through.upstream, "thanks!");
        through.client.close();
        through.upstream.close();
        through.rig.loop.settle();
        CHECK(through.rig.closed == 1);
    }
    std::ifstream file(folder / "access.log");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    CHECK(line.find(R"("bytes_in":5,"bytes_out":7,)") != std::string::npos);
    std::filesystem::remove_all(folder);
}
