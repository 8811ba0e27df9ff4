// SPDX-License-Identifier: Apache-2.0
// gRPC calls through a worker's gateway: what the gateway answers itself, deadlines, streams. The
// client speaks HTTP/1 here, which no client of gRPC does: the gateway does not look at it.
#include "fake/gateway_rig.hpp"
#include "fake/h2_node.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::h2_node;
using fake::node;
using fake::settings_for;

namespace {

std::string call(std::string_view fields = {}, std::string_view type = "application/grpc") {
    return "POST /a.B/C HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\nContent-Type: " +
           std::string(type) + "\r\n" + std::string(fields) + "Content-Length: 5\r\n\r\nabcde";
}

sluice::app::settings http2(const node& one) {
    auto all = settings_for({&one});
    all.services[0].protocol = sluice::service::node_protocol::http2;
    return all;
}

struct call_rig {
    explicit call_rig(std::string_view fields = {}) : rig(http2(one)), client(rig.connect()) {
        client.send(call(fields));
        rig.loop.settle();
        end.emplace(one.accept());
        settle();
    }
    void settle() {
        for (int i = 0; i < 6; ++i) {
            end->turn();
            rig.loop.settle(3);
        }
    }
    node one;
    gateway_rig rig;
    fake::socket client;
    std::optional<h2_node> end;
};

void check_status(std::string_view got, std::string_view status) {
    CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(got.find("Content-Type: application/grpc\r\n") != std::string_view::npos);
    CHECK(got.find("grpc-status: " + std::string(status) + "\r\n") != std::string_view::npos);
    CHECK(got.find("grpc-message: ") != std::string_view::npos);
    CHECK(got.find("Content-Length: 0\r\n") != std::string_view::npos);
    CHECK(got.ends_with("\r\n\r\n"));
}

}  // namespace

TEST_CASE("a call passes with its trailers") {
    call_rig s("grpc-timeout: 5S\r\n");
    CHECK(s.end->last()["content-type"] == "application/grpc");
    CHECK(s.end->last()["te"] == "trailers");
    CHECK(s.end->last()["grpc-timeout"] == "5S");
    CHECK(s.end->last().body == "abcde");
    s.end->head(1, {{":status", "200"}, {"content-type", "application/grpc"}});
    s.end->body(1, "hello", true, {{"grpc-status", "0"}, {"grpc-message", "fine"}});
    s.settle();
    CHECK(s.client.receive().ends_with(
        "5\r\nhello\r\n0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n"));
}

TEST_CASE("a call for nodes of HTTP/1 is refused before one is asked") {
    const auto* const type =
        GENERATE("application/grpc", "application/grpc+proto", "Application/gRPC; x=y");
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    rig.send(client, call({}, type));
    check_status(client.receive(), "12");
    CHECK_FALSE(one.accept());
}

TEST_CASE("what only looks like a call is none") {
    const auto request = GENERATE(
        std::string("GET /a HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc\r\n\r\n"),
        call({}, "application/grpc-web"), call({}, "application/grp"));
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    rig.send(client, request);
    auto upstream = one.accept();
    CHECK(upstream);
}

TEST_CASE("answers of the gateway's own have the form and the status of gRPC") {
    node one;
    auto settings = http2(one);
    SECTION("no node can be reached") {
        one.close();
        gateway_rig rig(settings);
        auto client = rig.connect();
        rig.send(client, call());
        check_status(client.receive(), "14");
        rig.send(client, call());  // the connection goes on
        check_status(client.receive(), "14");
    }
    SECTION("no route") {
        settings.routes[0].match.hosts = {"other"};
        gateway_rig rig(settings);
        auto client = rig.connect();
        rig.send(client, call());
        check_status(client.receive(), "12");
    }
    SECTION("too large") {
        settings.limits.body = 3;
        gateway_rig rig(settings);
        auto client = rig.connect();
        rig.send(client, call());
        check_status(client.receive(), "8");
    }
    SECTION("a deadline that is none") {
        gateway_rig rig(settings);
        auto client = rig.connect();
        const auto* const value = GENERATE("5", "S", "123456789S", "5s", "-5S", "5 S", "");
        rig.send(client, call("grpc-timeout: " + std::string(value) + "\r\n"));
        const auto got = client.receive();
        check_status(got, "13");
        CHECK(got.find("grpc-message: grpc-timeout is malformed.\r\n") != std::string::npos);
    }
}

TEST_CASE("a call ends at its client's deadline") {
    call_rig s("grpc-timeout: 1500m\r\n");
    SECTION("before the answer") {
        s.rig.loop.advance(1400ms);
        CHECK(s.client.receive().empty());
        s.rig.loop.advance(100ms + fake::past);
        s.settle();
        check_status(s.client.receive(), "4");
        CHECK(s.end->last().reset == NGHTTP2_CANCEL);
    }
    SECTION("inside it") {
        s.end->head(1, {{":status", "200"}});
        s.end->body(1, "part", false);
        s.settle();
        CHECK(s.client.receive().find("part") != std::string::npos);
        s.rig.loop.advance(1500ms + fake::past);
        s.settle();
        s.client.receive();
        CHECK(s.client.at_end());
        CHECK(s.end->last().reset == NGHTTP2_CANCEL);
    }
}

TEST_CASE("the smaller of the route's time and the client's holds until the answer begins") {
    node one;
    auto settings = http2(one);
    settings.routes[0].timeout = 2s;
    gateway_rig rig(settings);
    auto client = rig.connect();
    client.send(call("grpc-timeout: 1M\r\n"));
    rig.loop.settle();
    h2_node end(one.accept());
    const auto settle = [&] {
        for (int i = 0; i < 6; ++i) {
            end.turn();
            rig.loop.settle(3);
        }
    };
    settle();
    SECTION("the route's") {
        rig.loop.advance(2s + fake::past);
        check_status(client.receive(), "4");
    }
    SECTION("then the client's alone") {
        end.head(1, {{":status", "200"}});
        settle();
        rig.loop.advance(30s);
        settle();
        client.receive();
        CHECK_FALSE(client.at_end());
        rig.loop.advance(30s + fake::past);
        settle();
        client.receive();
        CHECK(client.at_end());
    }
}

TEST_CASE("a stream of messages may be silent for long, and each is passed on at once") {
    call_rig s;
    s.rig.loop.advance(10min);  // longer than upstream_head
    s.settle();
    CHECK(s.client.receive().empty());
    s.end->head(1, {{":status", "200"}});
    s.end->body(1, "one", false);
    s.settle();
    CHECK(s.client.receive().ends_with("3\r\none\r\n"));
    s.rig.loop.advance(30min);  // longer than upstream_idle
    s.settle();
    CHECK_FALSE(s.client.at_end());
    s.end->trailers(1, {{"grpc-status", "0"}});
    s.settle();
    CHECK(s.client.receive().ends_with("0\r\ngrpc-status: 0\r\n\r\n"));
}

TEST_CASE("a call that breaks after its answer began is reset") {
    call_rig s;
    s.end->head(1, {{":status", "200"}});
    s.end->body(1, "part", false);
    s.settle();
    s.end->link().close();
    s.rig.loop.settle();
    CHECK(s.client.receive().find("grpc-status") == std::string::npos);
    CHECK(s.client.at_end());
}
