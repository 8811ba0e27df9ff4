// SPDX-License-Identifier: Apache-2.0
// Requests whose answer comes while their body is still on its way: what the node sees, what the
// client can still read, and that nothing behind such a body is taken for a request.
#include "fake/request_at_node.hpp"
#include "fake/text.hpp"

#include <catch2/catch.hpp>
#include <sys/ioctl.h>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::has;
using fake::node;
using fake::settings_for;

namespace {

constexpr std::string_view begun = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc";

// The answer there is so far, which must be the only one and promise nothing.
std::string last_answer(fake::socket& client) {
    auto got = client.receive();
    CHECK(has(got, "\r\nConnection: close\r\n"));
    CHECK(got.find("HTTP/1.1 ", 1) == std::string::npos);
    return got;
}

// The client leaves in order: a connection that only lingers ends with that.
void ends_with_client(gateway_rig& rig, fake::socket& client) {
    client.shut_write();
    rig.loop.settle();
    client.receive();
    CHECK(client.at_end());
    CHECK_FALSE(client.was_reset());
    CHECK(rig.closed == 1);
}

sluice::app::settings with_one_path(const node& one) {
    auto settings = settings_for({&one});
    settings.routes[0].match.path = {sluice::routing::path_rule::kind::prefix, "/known"};
    return settings;
}

}  // namespace

TEST_CASE("an event stream that begins before its request body ended leaves the node's connection "
          "whole") {
    fake::request_at_node start(begun);
    auto& [one, rig, client, upstream] = start;
    rig.send(
        upstream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    rig.send(client, "defghij");
    CHECK(has(upstream.receive(), "\r\n\r\nabcdefghij"));
    CHECK_FALSE(upstream.at_end());
    rig.send(upstream, "6\r\ndata\n\n\r\n0\r\n\r\n");
    CHECK(has(client.receive(), "data\n\n"));
    auto next = rig.connect();
    rig.send(next, fake::get);
    CHECK_FALSE(one.accept());
    CHECK(upstream.receive().starts_with("GET /a "));
    CHECK_FALSE(upstream.at_end());
    rig.send(upstream, fake::empty_answer);
    CHECK(next.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a drain that begins in the turn that brought a request lets the whole of it be served") {
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    client.send(begun);
    // runs between the event and who waits for it
    rig.loop.worker.post([&rig] { rig.server->drain(); });
    rig.loop.settle();
    auto upstream = one.accept();
    REQUIRE(upstream);
    rig.send(client, "defghij");
    CHECK(has(upstream.receive(), "\r\n\r\nabcdefghij"));
    rig.send(upstream, fake::empty_answer);
    CHECK(last_answer(client).starts_with("HTTP/1.1 200"));
    CHECK(rig.closed == 1);
}

TEST_CASE("an answer of our own in the middle of a body says close") {
    node one;
    gateway_rig rig(settings_for({&one}));
    SECTION("the body stands still") {
        auto client = rig.connect();
        rig.send(client, begun);
        rig.loop.advance(30s + fake::past);
        CHECK(last_answer(client).starts_with("HTTP/1.1 408"));
        ends_with_client(rig, client);
    }
    SECTION("no route, and the body not even begun") {
        gateway_rig other(with_one_path(one));
        auto client = other.connect();
        other.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
        CHECK(last_answer(client).starts_with("HTTP/1.1 404"));
        ends_with_client(other, client);
    }
    SECTION("the node leaves in the middle of it") {
        auto client = rig.connect();
        rig.send(client, begun);
        auto upstream = one.accept();
        upstream.receive();
        upstream.close();
        rig.loop.settle();
        CHECK(last_answer(client).starts_with("HTTP/1.1 502"));
        ends_with_client(rig, client);
    }
}

TEST_CASE("behind a body the node's answer overtook no request is read") {
    fake::request_at_node start(begun);
    auto& [one, rig, client, upstream] = start;
    rig.send(upstream, fake::empty_answer);
    rig.send(client, "defghij" + std::string(fake::get));
    CHECK(last_answer(client).starts_with("HTTP/1.1 200"));
    CHECK_FALSE(has(upstream.receive(), "GET /a"));
    CHECK_FALSE(one.accept());
    ends_with_client(rig, client);
}

TEST_CASE("a client that sends a large body nobody wants still reads why") {
    node one;
    gateway_rig rig(with_one_path(one));
    auto client = rig.connect();
    constexpr std::size_t size = 8 << 20;
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) +
                "\r\n\r\n");
    const std::string body(size, 'b');
    std::size_t sent = 0;
    for (int rounds = 0; sent < size && rounds < 10'000; ++rounds) {
        sent += client.send(std::string_view(body).substr(sent));
        rig.loop.settle(1);
    }
    CHECK(sent == size);
    CHECK(last_answer(client).starts_with("HTTP/1.1 404"));
    CHECK_FALSE(client.was_reset());
    rig.loop.settle();
    ends_with_client(rig, client);
}

TEST_CASE("a body slower than the minimum rate is answered with a 408 the client can read") {
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    rig.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 5; ++i) {
        rig.loop.advance(5s);
        rig.send(client, "0123456789");
    }
    CHECK(client.receive().empty());
    rig.loop.advance(5s);
    rig.send(client, "0123456789");
    CHECK(last_answer(client).starts_with("HTTP/1.1 408"));
    ends_with_client(rig, client);
}

TEST_CASE("a client that sent its end is not cut while its upload still moves to the node") {
    node one;
    gateway_rig rig(settings_for({&one}));
    fake::socket_pair ends;  // here the end is seen at once, also behind bytes nobody has read
    const int ours = ends.ours.fd();
    rig.server->adopt(ends.ours.release(), *sluice::net::address::parse("192.0.2.1:4711"));
    auto& client = ends.theirs;
    rig.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    auto upstream = one.accept();
    const auto piece = "8000\r\n" + std::string(0x8000, 'b') + "\r\n";
    // until the node's window is full
    for (int unread = 0; unread == 0; ::ioctl(ours, FIONREAD, &unread))
        rig.send(client, piece);
    client.send("0\r\n\r\n");
    client.shut_write();
    rig.loop.settle();
    rig.loop.advance(700ms);
    std::string all;
    for (int i = 0; i < 100; ++i) {  // now the node reads on
        all += upstream.receive();
        rig.loop.settle(1);
    }
    CHECK(has(all.substr(all.size() - 5), "0\r\n\r\n"));
    rig.loop.advance(300ms + fake::past);  // the grace that began with the client's end
    rig.loop.advance(650ms);
    upstream.receive();
    CHECK_FALSE(upstream.at_end());
    SECTION("a node that answers then is heard") {
        rig.send(upstream, fake::empty_answer);
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
    }
    SECTION("one that says nothing is told to stop a second after the last movement") {
        rig.loop.advance(50ms + fake::past);
        upstream.receive();
        CHECK(upstream.at_end());
        CHECK(rig.closed == 1);
    }
}

TEST_CASE("a client that sent its end is not cut while its node takes the upload as slowly as it "
          "may") {
    node one;
    gateway_rig rig(settings_for({&one}));
    fake::socket_pair ends;
    const int ours = ends.ours.fd();
    rig.server->adopt(ends.ours.release(), *sluice::net::address::parse("192.0.2.1:4711"));
    auto& client = ends.theirs;
    rig.send(client, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    auto upstream = one.accept();
    const auto piece = "8000\r\n" + std::string(0x8000, 'b') + "\r\n";
    for (int unread = 0; unread == 0; ::ioctl(ours, FIONREAD, &unread))
        rig.send(client, piece);
    client.send("0\r\n\r\n");
    client.shut_write();
    rig.loop.settle();
    std::string all;
    const auto read_all = [&] {
        for (int i = 0; i < 100; ++i) {
            all += upstream.receive();
            rig.loop.settle(1);
        }
    };
    // Too little at a time for the kernel to tell anybody that there is room.
    for (int i = 0; i < 40; ++i) {
        all += upstream.receive(1);
        rig.loop.advance(500ms);
    }
    CHECK_FALSE(upstream.at_end());
    read_all();
    CHECK(has(all.substr(all.size() - 5), "0\r\n\r\n"));
    rig.send(upstream, fake::empty_answer);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a refused HEAD is answered with a head alone") {
    node one;
    gateway_rig rig(settings_for({&one}));
    auto client = rig.connect();
    rig.send(client, "HEAD /a HTTP/1.1\r\nHost: a b\r\n\r\n");
    const auto got = last_answer(client);
    CHECK(got.starts_with("HTTP/1.1 400"));
    CHECK(got.find("\r\n\r\n") == got.size() - 4);
}
