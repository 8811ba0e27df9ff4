// SPDX-License-Identifier: Apache-2.0
// Clients that speak HTTP/2 before nodes that speak HTTP/1: what the node is sent, what the client
// gets of its answer, and who leaves when.
#include "fake/gateway_rig.hpp"
#include "fake/h2_client.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono_literals;

namespace {

struct h2_rig {
    fake::node one;
    fake::gateway_rig rig{settings()};
    fake::h2_client client{rig.connect()};

    sluice::app::settings settings() const {
        auto all = fake::settings_for({&one});
        all.listeners.emplace_back();
        all.listeners.back().protocols = {sluice::http::client_protocol::h2c};
        return all;
    }
    void turn() { client.exchange(rig.loop); }
    std::string received(fake::socket& node) {
        turn();
        return node.receive();
    }
    void answer(fake::socket& node, std::string_view bytes) {
        node.send(bytes);
        turn();
    }
    // Nothing is left of what was asked.
    void check_clean() {
        rig.loop.advance(2s);
        CHECK(rig.stats().open == rig.stats().idle);
    }
    void next_request_works() {
        const auto id = client.ask(fake::h2_get("/next"));
        turn();
        auto node = one.accept();
        REQUIRE(node);
        CHECK(node.receive().starts_with("GET /next HTTP/1.1\r\n"));
        answer(node, fake::empty_answer);
        CHECK(client.at(id).status == 200);
    }
};

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(h2_rig, "an HTTP/1 node is asked as if by an HTTP/1 client") {
    const auto id = client.ask(fake::h2_get(
        "/a?b", {{"cookie", "a=1"}, {"cookie", "b=2"}, {"x-thing", "v"}, {"te", "trailers"}}));
    turn();
    auto node = one.accept();
    const auto asked = received(node);
    CHECK(asked.starts_with("GET /a?b HTTP/1.1\r\nHost: h\r\n"));
    CHECK(holds(asked, "cookie: a=1; b=2\r\n"));
    CHECK(holds(asked, "x-thing: v\r\n"));
    CHECK(holds(asked, "X-Forwarded-Proto: http\r\n"));
    CHECK_FALSE(holds(asked, "Transfer-Encoding"));
    CHECK_FALSE(holds(asked, "Content-Length"));
    answer(node, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x-hop\r\nX-Hop: 1\r\n"
                 "X-Kept: 1\r\n\r\nhi");
    CHECK(client.at(id).body == "hi");
    CHECK(client.at(id).field("x-kept") == "1");
    CHECK(client.at(id).field("x-hop").empty());
    CHECK(client.at(id).ended);
}

TEST_CASE_METHOD(h2_rig, "content goes on counted, or in chunks when nobody counted it") {
    client.post(fake::h2_post("/a"), "hello");
    turn();
    auto node = one.accept();
    const auto chunked = received(node);
    CHECK(holds(chunked, "Transfer-Encoding: chunked\r\n"));
    CHECK(holds(chunked, "5\r\nhello\r\n"));
    CHECK(holds(chunked, "0\r\n\r\n"));
    answer(node, fake::empty_answer);
    client.post(fake::h2_post("/a", {{"content-length", "5"}}), "hello");
    const auto counted = received(node);
    CHECK(holds(counted, "Content-Length: 5\r\n"));
    CHECK(counted.ends_with("\r\n\r\nhello"));
}

TEST_CASE_METHOD(h2_rig, "trailers reach the node, and the node's the client") {
    const auto id = client.begin(fake::h2_post("/a", {{"te", "trailers"}}));
    client.say(id, "hello");
    client.end(id, {{"x-sum", "1"}});
    turn();
    auto node = one.accept();
    const auto asked = received(node);
    CHECK(holds(asked, "TE: trailers\r\n"));
    CHECK(holds(asked, "0\r\nx-sum: 1\r\n\r\n"));
    answer(node, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
                 "Grpc-Status: 0\r\n\r\n");
    CHECK(client.at(id).body == "hi");
    CHECK(client.at(id).trailers == fake::h2_fields{{"grpc-status", "0"}});
}

TEST_CASE_METHOD(h2_rig, "content that disagrees with its length closes the node's connection") {
    const auto how = GENERATE(as<std::string>{}, "shorter", "longer");
    const auto id = client.begin(fake::h2_post("/a", {{"content-length", "5"}}));
    client.say(id, "four");
    turn();
    auto node = one.accept();
    if (how == "longer")
        client.say(id, "GET /evil HTTP/1.1\r\n\r\n");
    client.end(id);
    const auto asked = received(node);
    CHECK_FALSE(holds(asked, "/evil"));
    CHECK(client.at(id).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK(node.at_end());
    check_clean();
    next_request_works();
}

TEST_CASE_METHOD(h2_rig, "an answer that breaks off is a reset, never a clean end") {
    const auto id = client.ask(fake::h2_get("/a"));
    turn();
    auto node = one.accept();
    answer(node, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    node.close();
    turn();
    CHECK(client.at(id).body == "half");
    CHECK_FALSE(client.at(id).ended);
    CHECK(client.at(id).reset == NGHTTP2_INTERNAL_ERROR);
    next_request_works();
}

TEST_CASE_METHOD(h2_rig, "an answer that ends with its connection ends whole") {
    const auto id = client.ask(fake::h2_get("/a"));
    turn();
    auto node = one.accept();
    received(node);
    answer(node, "HTTP/1.1 200 OK\r\n\r\nall");
    node.close();
    turn();
    CHECK(client.at(id).body == "all");
    CHECK(client.at(id).ended);
    CHECK_FALSE(client.at(id).reset);
}

TEST_CASE_METHOD(h2_rig, "1xx heads of a node are passed on") {
    const auto id = client.begin(fake::h2_post("/a", {{"expect", "100-continue"}}));
    turn();
    auto node = one.accept();
    CHECK(holds(received(node), "expect: 100-continue\r\n"));
    answer(node, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    CHECK(client.at(id).informational == std::vector<int>{100, 103});
    client.say(id, "x");
    client.end(id);
    turn();
    answer(node, fake::empty_answer);
    CHECK(client.at(id).status == 200);
}

TEST_CASE_METHOD(h2_rig, "what the gateway answers itself comes as JSON") {
    one.close();
    const auto id = client.ask(fake::h2_get("/a"));
    turn();
    CHECK(client.at(id).status == 502);
    CHECK(holds(client.at(id).body, "\"bad_gateway\""));
    CHECK(client.at(id).ended);
}

TEST_CASE_METHOD(h2_rig,
                 "content that does not come within client_body_idle is answered with 408") {
    const auto id = client.begin(fake::h2_post("/a", {{"content-length", "5"}}));
    client.say(id, "four");
    turn();
    auto node = one.accept();
    rig.loop.advance(rig.settings.timeouts.client_body_idle + fake::past);
    turn();
    CHECK(client.at(id).status == 408);
    CHECK(client.at(id).ended);
    CHECK(client.at(id).reset == NGHTTP2_NO_ERROR);
    received(node);
    CHECK(node.at_end());
    next_request_works();
}

TEST_CASE_METHOD(h2_rig, "content over limits.body is answered with 413") {
    auto changed = rig.settings;
    changed.limits.body = 10;
    rig.change(changed);
    const auto announced = client.begin(fake::h2_post("/a", {{"content-length", "11"}}));
    turn();
    CHECK(client.at(announced).status == 413);
    CHECK(client.at(announced).reset == NGHTTP2_NO_ERROR);
}

TEST_CASE_METHOD(h2_rig, "many streams share the connection and mix their nodes' answers") {
    std::vector<std::int32_t> ids;
    std::vector<fake::socket> nodes;
    for (int i = 0; i < 10; ++i)
        ids.push_back(client.ask(fake::h2_get("/" + std::to_string(i))));
    turn();
    for (int i = 0; i < 10; ++i)
        nodes.push_back(one.accept());
    for (int i = 9; i >= 0; --i) {
        const auto asked = nodes[static_cast<std::size_t>(i)].receive();
        const auto path = asked.substr(4, 2);
        nodes[static_cast<std::size_t>(i)].send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" +
                                                path);
    }
    turn();
    for (int i = 0; i < 10; ++i)
        CHECK(client.at(ids[static_cast<std::size_t>(i)]).body == "/" + std::to_string(i));
}

TEST_CASE("a client that resets a stream at any step cancels the node's side and leaves nothing") {
    enum class step { asked, part_of_body, whole_body, answer_begun, answer_stalled };
    const auto at = GENERATE(step::asked, step::part_of_body, step::whole_body, step::answer_begun,
                             step::answer_stalled);
    const bool leaves = GENERATE(false, true);
    h2_rig with;
    fake::socket node;
    {
        fake::h2_client client(with.rig.connect(), fake::h2_client::credit::by_hand);
        const auto id = client.begin(fake::h2_post("/a"));
        client.exchange(with.rig.loop);
        node = with.one.accept();
        REQUIRE(node);
        if (at >= step::part_of_body)
            client.say(id, std::string(10'000, 'b'));
        if (at >= step::whole_body)
            client.end(id);
        client.exchange(with.rig.loop);
        if (at >= step::answer_begun)
            node.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\nsome");
        client.exchange(with.rig.loop);
        if (at >= step::answer_stalled)
            node.send(std::string(500'000, 'b'));
        client.exchange(with.rig.loop);
        CHECK(with.rig.stats().open == 1);
        if (!leaves) {
            client.reset(id);
            client.exchange(with.rig.loop);
        }
    }
    with.rig.loop.settle();
    node.receive();
    CHECK(node.at_end());
    with.check_clean();
    with.next_request_works();
}

TEST_CASE_METHOD(h2_rig, "a WebSocket goes to the node as an upgrade, and its bytes both ways") {
    auto fields =
        fake::h2_get("/chat", {{"sec-websocket-version", "13"}, {"sec-websocket-key", "mine"}});
    fields[0].second = "CONNECT";
    fields.insert(fields.begin() + 1, {":protocol", "websocket"});
    const auto id = client.begin(fields);
    turn();
    auto node = one.accept();
    const auto asked = received(node);
    CHECK(asked.starts_with("GET /chat HTTP/1.1\r\n"));
    CHECK(holds(asked, "Connection: upgrade\r\nUpgrade: websocket\r\n"));
    CHECK(holds(asked, "sec-websocket-version: 13\r\n"));
    CHECK(holds(asked, "==\r\n"));
    CHECK_FALSE(holds(asked, "mine"));
    answer(node, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                 "Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
    CHECK(client.at(id).status == 200);
    CHECK(client.at(id).field("upgrade").empty());
    client.say(id, "ping");
    CHECK(received(node) == "ping");
    answer(node, "pong");
    CHECK(client.at(id).body == "pong");
    client.end(id);
    turn();
    node.receive();
    CHECK(node.at_end());
    node.close();
    turn();
    CHECK(client.at(id).ended);
    check_clean();
}

TEST_CASE_METHOD(h2_rig, "a node that declines a WebSocket answers an ordinary request") {
    auto fields = fake::h2_get("/chat");
    fields[0].second = "CONNECT";
    fields.insert(fields.begin() + 1, {":protocol", "websocket"});
    const auto id = client.begin(fields);
    client.say(id, "GET /evil HTTP/1.1\r\n\r\n");
    turn();
    auto node = one.accept();
    CHECK_FALSE(holds(received(node), "/evil"));
    answer(node, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    CHECK(client.at(id).status == 403);
    CHECK(client.at(id).body == "no");
    CHECK(client.at(id).reset == NGHTTP2_NO_ERROR);
    CHECK_FALSE(holds(received(node), "/evil"));
}

TEST_CASE_METHOD(h2_rig, "the end of a drain answers 503 to whom nothing was said") {
    const auto waits = client.ask(fake::h2_get("/waits"));
    const auto gets = client.ask(fake::h2_get("/gets"));
    turn();
    auto first = one.accept();
    auto second = one.accept();
    if (!first.receive().starts_with("GET /gets"))
        std::swap(first, second);
    answer(first, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    rig.server->drain();
    turn();
    rig.server->abort();
    turn();
    CHECK(client.at(waits).status == 503);
    CHECK(client.at(waits).ended);
    CHECK(client.at(gets).reset.has_value());
    CHECK(rig.server->open() == 0);
}
