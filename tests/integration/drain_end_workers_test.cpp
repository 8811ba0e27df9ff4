// SPDX-License-Identifier: Apache-2.0
// What the end of a drain cuts: the client, the page of metrics and the access log tell one story
// (the log's writer is a thread).
#include "fake/gateway_rig.hpp"
#include "fake/text.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

using fake::gateway_rig;
using fake::has;
using fake::node;
using fake::settings_for;

namespace {

struct logged_gateway {
    logged_gateway() {
        auto pattern = (std::filesystem::temp_directory_path() / "sluice-drain-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
        auto settings = settings_for({&one});
        settings.access_log.path = folder / "access.log";
        rig = std::make_unique<gateway_rig>(std::move(settings));
        client = rig->connect();
    }
    ~logged_gateway() { std::filesystem::remove_all(folder); }

    void cut() {
        rig->server->abort();
        rig->loop.settle();
        CHECK(rig->server->open() == 0);
    }
    std::string log() {
        rig.reset();  // writes what is left
        std::ifstream file(folder / "access.log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::filesystem::path folder;
    node one;
    std::unique_ptr<gateway_rig> rig;
    fake::socket client;
};

}  // namespace

TEST_CASE(
    "a request without an answer when the drain ends is answered, counted and logged as 503") {
    logged_gateway through;
    auto& rig = *through.rig;
    const bool whole = GENERATE(true, false);
    rig.send(through.client,
             whole ? fake::get : "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhi");
    auto upstream = through.one.accept();
    REQUIRE(upstream);
    through.client.send(whole ? "" : "more");
    through.cut();
    const auto got = through.client.receive();
    CHECK(has(got, "HTTP/1.1 503 "));
    CHECK(has(got, "Connection: close\r\n"));
    CHECK(has(got, R"("code":"overloaded")"));
    CHECK(through.client.at_end());
    CHECK_FALSE(through.client.was_reset());
    upstream.receive();
    CHECK(upstream.at_end());
    CHECK(has(rig.metrics.text(), R"(code="503"} 1)"));
    const auto line = through.log();
    CHECK(has(line, R"("status":503,)"));
    CHECK(has(line, R"("error":"overloaded")"));
}

TEST_CASE("an answer that had begun when the drain ends is counted and logged with its status") {
    logged_gateway through;
    auto& rig = *through.rig;
    rig.send(through.client, fake::get);
    auto upstream = through.one.accept();
    rig.send(upstream, "HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\n\r\npiece");
    through.cut();
    const auto got = through.client.receive();
    CHECK(has(got, "HTTP/1.1 206 "));
    CHECK_FALSE(has(got, "503"));
    CHECK(through.client.at_end());
    const auto page = rig.metrics.text();
    CHECK(has(page, R"(code="206"} 1)"));
    CHECK_FALSE(has(page, R"(code="503")"));
    const auto line = through.log();
    CHECK(has(line, R"("status":206,)"));
    CHECK(has(line, R"("error":"overloaded")"));
}

TEST_CASE("a client that takes nothing does not hold the end of a drain up") {
    logged_gateway through;
    auto& rig = *through.rig;
    rig.send(through.client, fake::get);
    auto upstream = through.one.accept();
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    while (upstream.send(std::string(1 << 20, 'x')) != 0)
        rig.loop.settle();
    through.cut();
}
