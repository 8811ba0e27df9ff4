// SPDX-License-Identifier: Apache-2.0
// Tunnels: how long silence lasts, and what the access record counts (its writer is a thread).
#include "fake/gateway_rig.hpp"

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

// One client switched to raw bytes, through a gateway that writes its log to `log`.
struct tunnel {
    explicit tunnel(std::string log = "off")
        : rig(settings(std::move(log))), client(rig.connect()) {
        rig.send(client,
                 "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
        upstream = one.accept();
        REQUIRE(upstream);
        rig.send(upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: "
                           "websocket\r\n\r\n");
        client.receive();
    }
    sluice::app::settings settings(std::string log) {
        auto all = settings_for({&one});
        all.access_log.path = std::move(log);
        all.timeouts.stream_idle = 10s;
        return all;
    }

    node one;
    gateway_rig rig;
    fake::socket client;
    fake::socket upstream;
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
