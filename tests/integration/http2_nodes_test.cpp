// SPDX-License-Identifier: Apache-2.0
// HTTP/1 clients and HTTP/2 nodes through a worker's gateway: sharing, retries, deadlines,
// cancellation, and what becomes of connections.
#include "fake/gateway_rig.hpp"
#include "fake/h2_node.hpp"

#include <catch2/catch.hpp>

#include <list>
#include <string>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::h2_node;
using fake::node;
using fake::settings_for;

namespace {

sluice::app::settings http2(std::initializer_list<const node*> nodes) {
    auto all = settings_for(nodes);
    all.services[0].protocol = sluice::service::node_protocol::http2;
    return all;
}

struct shared_rig {
    explicit shared_rig(const std::function<void(sluice::app::settings&)>& changed = {},
                        h2_node::terms terms = {})
        : how(terms), rig([&] {
              auto all = http2({&one});
              if (changed)
                  changed(all);
              return all;
          }()) {}

    /// Lets everything happen on both sides; nodes' connections are accepted as they come.
    void settle(int rounds = 6) {
        for (int i = 0; i < rounds; ++i) {
            rig.loop.settle(3);
            if (auto more = one.accept())
                ends.emplace_back(std::move(more), how);
            for (auto& each : ends)
                each.turn();
        }
        rig.loop.settle(3);
    }
    fake::socket ask(std::string_view request = fake::get) {
        auto client = rig.connect();
        client.send(request);
        settle();
        return client;
    }
    void answer(h2_node& end, std::int32_t id, std::string body = "ok") {
        end.head(id, {{":status", "200"}, {"content-length", std::to_string(body.size())}});
        end.body(id, std::move(body));
        settle();
    }
    /// The newest connection's.
    h2_node& end() { return ends.back(); }

    node one;
    h2_node::terms how;
    std::list<h2_node> ends;
    gateway_rig rig;
};

}  // namespace

TEST_CASE("a request and its answer, with bodies of a megabyte and trailers") {
    shared_rig s;
    std::string content(1'000'000, 'a');
    auto client = s.rig.connect();
    const std::string head = "PUT /a?b HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\n"
                             "Transfer-Encoding: chunked\r\n\r\nf4240\r\n";
    client.send(head);
    s.settle();
    for (std::size_t at = 0; at < content.size();) {
        at += client.send(std::string_view(content).substr(at));
        s.settle(2);
    }
    client.send("\r\n0\r\nX-Sum: 1\r\n\r\n");
    for (int i = 0; i < 20; ++i)
        s.settle();
    REQUIRE(s.ends.size() == 1);
    auto& end = s.end();
    CHECK(end.last()[":path"] == "/a?b");
    CHECK(end.last()[":authority"] == "h");
    CHECK(end.last()["te"] == "trailers");
    CHECK(end.last()["x-forwarded-for"] == "192.0.2.1");
    CHECK(end.last().body == content);
    CHECK(end.last().trailers == fake::h2_fields{{"x-sum", "1"}});
    end.head(1, {{":status", "201"}});
    end.body(1, content, true, {{"x-end", "yes"}});
    std::string got;
    for (int i = 0; i < 200 && got.find("\r\n0\r\n") == std::string::npos; ++i) {
        s.settle(2);
        got += client.receive();
    }
    CHECK(got.starts_with("HTTP/1.1 201 Created\r\n"));
    CHECK(got.find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(got.ends_with("0\r\nx-end: yes\r\n\r\n"));
    CHECK(got.size() > content.size());
}

TEST_CASE("clients share a connection, and who comes while it is made waits for it") {
    shared_rig s;
    auto a = s.rig.connect(), b = s.rig.connect(), c = s.rig.connect();
    a.send(fake::get);
    b.send(fake::get);
    c.send(fake::get);
    s.settle();
    REQUIRE(s.ends.size() == 1);
    CHECK(s.end().requests.size() == 3);
    CHECK(s.rig.stats().open == 1);
    CHECK(s.rig.stats().idle == 0);
    for (const auto id : {5, 1, 3})
        s.answer(s.end(), id);
    for (auto* each : {&a, &b, &c})
        CHECK(each->receive().ends_with("ok"));
    CHECK(s.rig.stats().open == 1);
    CHECK(s.rig.stats().idle == 1);
    CHECK(s.rig.stats().requests == 3);
}

TEST_CASE("more streams than the node allows take another connection, up to the pool's bound") {
    shared_rig s([](auto& all) { all.services[0].pool.max = 2; }, {.streams = 1});
    auto a = s.ask();
    auto b = s.ask();
    auto c = s.ask();
    REQUIRE(s.ends.size() == 2);
    CHECK(s.ends.front().requests.size() == 1);
    CHECK(s.ends.back().requests.size() == 1);
    s.answer(s.ends.front(), 1);
    CHECK(a.receive().ends_with("ok"));
    REQUIRE(s.ends.front().requests.size() == 2);  // the one that waited
    s.answer(s.ends.front(), 3);
    CHECK(c.receive().ends_with("ok"));
    s.answer(s.ends.back(), 1);
    CHECK(b.receive().ends_with("ok"));
}

TEST_CASE("no node there: who waited for the connection is told with who made it") {
    shared_rig s;
    s.one.close();
    auto a = s.rig.connect(), b = s.rig.connect();
    a.send(fake::get);
    b.send(fake::get);
    s.rig.loop.settle();
    CHECK(a.receive().starts_with("HTTP/1.1 502"));
    CHECK(b.receive().starts_with("HTTP/1.1 502"));
    CHECK(s.rig.stats().open == 0);
}

TEST_CASE("a client that leaves while it makes the connection for others leaves it to them") {
    shared_rig s;
    auto a = s.rig.connect(), b = s.rig.connect();
    a.send(fake::get);
    s.rig.loop.settle(1);
    b.send(fake::get);
    a.reset();
    s.settle();
    REQUIRE_FALSE(s.ends.empty());
    REQUIRE(s.end().requests.size() == 1);
    s.answer(s.end(), s.end().newest());
    CHECK(b.receive().ends_with("ok"));
}

TEST_CASE("a stream that was refused is asked for again, whatever its method") {
    shared_rig s;
    auto client = s.ask("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    s.end().reset(1, NGHTTP2_REFUSED_STREAM);
    s.settle();
    REQUIRE(s.ends.size() == 1);
    REQUIRE(s.end().requests.size() == 2);
    CHECK(s.end().last().body == "abc");
    SECTION("and served") {
        s.answer(s.end(), 3);
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
    }
    SECTION("once: a node that always refuses is no node") {
        s.end().reset(3, NGHTTP2_REFUSED_STREAM);
        s.settle();
        CHECK(s.end().requests.size() == 2);
        CHECK(client.receive().starts_with("HTTP/1.1 502"));
    }
}

TEST_CASE("GOAWAY costs no request: what it left out goes elsewhere, the rest ends as it would") {
    shared_rig s;
    auto a = s.ask();
    auto b = s.ask("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    auto& old = s.end();
    old.goaway(1);
    s.settle();
    REQUIRE(s.ends.size() == 2);
    CHECK(s.end().last()[":path"] == "/b");
    CHECK(s.end().last().body == "abc");
    s.answer(old, 1);
    CHECK(a.receive().ends_with("ok"));
    s.answer(s.end(), 1);
    CHECK(b.receive().ends_with("ok"));
    CHECK(s.rig.stats().open == 1);  // the old one is closed
    CHECK(old.at_end());
    CHECK(s.rig.stats().last_error.empty());  // it went in good order
}

TEST_CASE("a node that restarts costs no request that is safe to send again") {
    shared_rig s;
    s.answer((s.ask(), s.end()), 1);
    auto safe = s.ask();
    auto unsafe = s.ask("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    auto other = s.ask("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\ny");
    s.end().link().close();
    s.settle();
    REQUIRE(s.ends.size() == 2);  // one for both of them
    CHECK(s.end().requests.size() == 2);
    s.answer(s.end(), 1);
    s.answer(s.end(), 3);
    CHECK(safe.receive().ends_with("ok"));
    CHECK(other.receive().ends_with("ok"));
    CHECK(unsafe.receive().starts_with("HTTP/1.1 502"));
}

TEST_CASE("a body the node breaks off breaks the client's message") {
    shared_rig s;
    auto client = s.ask();
    const int how = GENERATE(0, 1, 2);
    if (how == 2) {
        s.end().head(1, {{":status", "200"}});
        s.end().body(1, "part", false);
    } else {
        s.end().head(1, {{":status", "200"}, {"content-length", "10"}});
        s.end().body(1, "part", how == 1);  // how 1: an end too soon
    }
    s.settle();
    if (how != 1)
        s.end().reset(1, NGHTTP2_INTERNAL_ERROR);
    s.settle();
    const auto got = client.receive();
    CHECK(got.starts_with("HTTP/1.1 200"));
    CHECK(got.find("\r\n0\r\n") == std::string::npos);
    CHECK(client.at_end());
    CHECK(s.rig.stats().idle == 1);  // nobody else's connection ends for it
}

TEST_CASE("a client that leaves is told to the node as a cancelled stream, at every step") {
    shared_rig s;
    const int step = GENERATE(0, 1, 2, 3);
    auto other = s.ask();
    auto client = s.ask(step == 0 ? "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc"
                                  : fake::get);
    const auto id = s.end().newest();
    if (step >= 2)
        s.end().head(id, {{":status", "200"}});
    if (step == 3)
        s.end().body(id, std::string(500'000, 'x'), false);
    s.settle();
    client.reset();
    s.settle();
    CHECK(s.end().requests[id].reset == NGHTTP2_CANCEL);
    s.answer(s.end(), 1);
    CHECK(other.receive().ends_with("ok"));
    CHECK(s.rig.stats().open == 1);
    CHECK(s.rig.stats().idle == 1);
}

TEST_CASE("a client that does not read stops its node, not those who share the connection") {
    shared_rig s;
    auto slow = s.ask();
    s.end().head(1, {{":status", "200"}});
    s.end().body(1, std::string(50'000'000, 'x'));
    for (int i = 0; i < 100; ++i)
        s.settle(2);
    const auto left = s.end().unsent(1);
    CHECK(left > 30'000'000);  // the kernel's buffers took some
    auto quick = s.ask();
    s.answer(s.end(), 3);
    CHECK(quick.receive().ends_with("ok"));
    for (int i = 0; i < 20; ++i)
        s.settle(2);
    CHECK(s.end().unsent(1) == left);
}

TEST_CASE("an early answer ends the upload") {
    shared_rig s;
    auto client = s.ask("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    s.end().head(1, {{":status", "413"}}, true);
    s.settle();
    CHECK(client.receive().starts_with("HTTP/1.1 413"));
    CHECK(s.end().last().reset.has_value());
    CHECK(s.rig.stats().open == 1);
}

TEST_CASE("an idle connection is asked before it serves again, and is replaced when it is dead") {
    shared_rig s;
    s.answer((s.ask(), s.end()), 1);
    s.rig.loop.advance(11s);
    s.settle();
    const auto pings = s.end().pings;
    auto client = s.rig.connect();
    client.send(fake::get);
    SECTION("it stands") {
        s.settle();
        CHECK(s.end().pings == pings + 1);
        REQUIRE(s.ends.size() == 1);
        s.answer(s.end(), 3);
        CHECK(client.receive().ends_with("ok"));
    }
    SECTION("it is dead: its node's machine went") {
        s.rig.loop.settle();
        CHECK_FALSE(s.one.accept());
        for (int i = 0; i < 4; ++i)
            s.rig.loop.advance(1s + fake::past);
        auto next = s.one.accept();
        REQUIRE(next);
        s.ends.emplace_back(std::move(next), s.how);
        s.settle();
        s.answer(s.end(), 1);
        CHECK(client.receive().ends_with("ok"));
    }
}

TEST_CASE("an unused connection ends in its time, by goodbye") {
    shared_rig s([](auto& all) { all.services[0].pool.idle_timeout = 50s; });
    s.answer((s.ask(), s.end()), 1);
    for (int i = 0; i < 49; ++i) {
        s.rig.loop.advance(1s);
        s.settle(2);
    }
    CHECK(s.rig.stats().open == 1);
    CHECK(s.end().pings == 2);
    for (int i = 0; i < 3; ++i) {
        s.rig.loop.advance(1s);
        s.settle(2);
    }
    CHECK(s.rig.stats().open == 0);
    CHECK(s.end().goodbye == NGHTTP2_NO_ERROR);
}

TEST_CASE("a drain closes what is unused, and what is used when it is over") {
    shared_rig s;
    auto client = s.ask();
    s.rig.gateway.drain();
    s.settle();
    CHECK(s.rig.stats().open == 1);
    s.answer(s.end(), 1);
    CHECK(client.receive().ends_with("ok"));
    CHECK(s.rig.stats().open == 0);
    s.settle();
    CHECK(s.end().at_end());
}

TEST_CASE("a reload keeps the connections of nodes that stay, another protocol takes others") {
    shared_rig s;
    s.answer((s.ask(), s.end()), 1);
    auto next = s.rig.settings;
    next.services[0].retries.attempts = 1;
    s.rig.change(next);
    auto client = s.ask();
    REQUIRE(s.ends.size() == 1);
    s.answer(s.end(), 3);
    CHECK(client.receive().ends_with("ok"));
    next.services[0].protocol = sluice::service::node_protocol::http1;
    s.rig.change(next);
    client.send(fake::get);
    s.rig.loop.settle();
    auto plain = s.one.accept();
    REQUIRE(plain);
    CHECK(plain.receive().starts_with("GET /a HTTP/1.1"));
    s.settle();
    CHECK(s.ends.front().at_end());
}

TEST_CASE("a stream outlasts its table, and is bounded as it was") {
    shared_rig s([](auto& all) { all.limits.headers = 3; });
    const bool too_many = GENERATE(false, true);
    auto client = s.ask("GET /a HTTP/1.1\r\nHost: h\r\nConnection: TE\r\nTE: trailers\r\n\r\n");
    s.end().head(1, {{":status", "200"}, {"content-type", "text/event-stream"}});
    s.settle();
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
    const std::weak_ptr<const sluice::proxy::table> old = s.rig.table;
    auto next = s.rig.settings;
    next.limits.headers = 100;
    s.rig.change(next);
    REQUIRE(old.expired());
    fake::h2_fields trailers{{"x-1", "a"}, {"x-2", "b"}, {"x-3", "c"}};
    if (too_many)
        trailers.emplace_back("x-4", "d");
    s.end().body(1, "hello", true, trailers);
    s.settle();
    const auto got = client.receive();
    CHECK(got.find("hello") != std::string::npos);
    CHECK(got.ends_with("x-3: c\r\n\r\n") == !too_many);
    CHECK(client.at_end() == too_many);
}

TEST_CASE("a stream of an HTTP/1 node outlasts its table, and is bounded as it was") {
    node one;
    auto settings = settings_for({&one});
    settings.limits.headers = 3;
    gateway_rig rig(settings);
    auto client = rig.connect();
    rig.send(client, fake::get);
    auto end = one.accept();
    REQUIRE(end);
    rig.send(end, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    client.receive();
    const std::weak_ptr<const sluice::proxy::table> old = rig.table;
    settings.limits.headers = 100;
    rig.change(settings);
    REQUIRE(old.expired());
    rig.send(end, "5\r\nhello\r\n0\r\nx-1: a\r\nx-2: b\r\nx-3: c\r\nx-4: d\r\n\r\n");
    const auto got = client.receive();
    CHECK(got.find("hello") != std::string::npos);
    CHECK_FALSE(got.ends_with("0\r\n\r\n"));
    CHECK(client.at_end());
}

TEST_CASE("an upgrade goes to an HTTP/2 node as an ordinary request") {
    shared_rig s;
    auto client =
        s.ask("GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(s.end().last()["upgrade"].empty());
    s.answer(s.end(), 1);
    CHECK(client.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a node that does not answer is waited for no longer than over HTTP/1") {
    shared_rig s;
    auto client = s.ask();
    s.rig.loop.advance(60s + fake::past);
    s.settle();
    CHECK(client.receive().starts_with("HTTP/1.1 504"));
    CHECK(s.end().last().reset == NGHTTP2_CANCEL);
    CHECK(s.rig.stats().idle == 1);
}

TEST_CASE("HEAD and 1xx heads pass") {
    shared_rig s;
    auto client = s.ask("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    s.end().head(1, {{":status", "103"}, {"link", "x"}});
    s.end().head(1, {{":status", "200"}, {"content-length", "12"}}, true);
    s.settle();
    const auto got = client.receive();
    CHECK(got.starts_with("HTTP/1.1 103"));
    CHECK(got.find("\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
    CHECK(got.find("Content-Length: 12\r\n") != std::string::npos);
    client.send(fake::get);
    s.settle();
    s.answer(s.end(), 3);
    CHECK(client.receive().ends_with("ok"));
}

TEST_CASE("a node that speaks no HTTP/2 is a bad gateway") {
    shared_rig s;
    auto client = s.rig.connect();
    client.send(fake::get);
    s.rig.loop.settle();
    auto plain = s.one.accept();
    REQUIRE(plain);
    plain.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    s.rig.loop.settle();
    CHECK(client.receive().starts_with("HTTP/1.1 502"));
    CHECK(s.rig.stats().last_error == "no HTTP/2");
    CHECK(s.rig.stats().open == 0);
}

TEST_CASE("a burst is spread over as many connections as the node's bound asks for, none refused") {
    shared_rig s({}, {.streams = 10});
    std::list<fake::socket> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(s.rig.connect());
        clients.back().send(fake::get);
    }
    for (int i = 0; i < 12; ++i)
        s.settle();
    CHECK(s.ends.size() == 10);
    for (auto& end : s.ends) {
        CHECK(end.requests.size() == 10);
        for (const auto& [id, request] : end.requests)
            end.head(id, {{":status", "200"}}, true);
    }
    s.settle();
    for (auto& client : clients)
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a used connection that was not heard of is asked too, and given up when it is dead") {
    shared_rig s;
    s.answer((s.ask(), s.end()), 1);
    auto waiting = s.ask();
    s.rig.loop.advance(11s);
    s.settle();
    REQUIRE(s.end().pings == 0);
    auto client = s.rig.connect();
    client.send(fake::get);
    SECTION("it stands") {
        s.settle();
        CHECK(s.end().pings == 1);
        REQUIRE(s.ends.size() == 1);
        s.answer(s.end(), 5);
        s.answer(s.end(), 3);
        CHECK(client.receive().ends_with("ok"));
        CHECK(waiting.receive().ends_with("ok"));
    }
    SECTION("it is dead: both are asked of another one") {
        s.rig.loop.settle();
        for (int i = 0; i < 4; ++i)
            s.rig.loop.advance(1s);
        auto next = s.one.accept();
        REQUIRE(next);
        s.ends.emplace_back(std::move(next), s.how);
        for (int i = 0; i < 10; ++i) {
            s.rig.loop.settle(3);
            s.end().turn();
        }
        CHECK(s.end().requests.size() == 2);
        for (const auto& [id, request] : s.end().requests)
            s.end().head(id, {{":status", "200"}}, true);
        s.end().turn();
        s.rig.loop.settle();
        CHECK(client.receive().starts_with("HTTP/1.1 200"));
        CHECK(waiting.receive().starts_with("HTTP/1.1 200"));
    }
}

TEST_CASE("a node that never says what it allows is given up for all who wait") {
    shared_rig s([](auto& all) { all.services[0].retries.attempts = 0; });
    auto a = s.rig.connect(), b = s.rig.connect();
    a.send(fake::get);
    b.send(fake::get);
    s.rig.loop.settle();
    auto mute = s.one.accept();
    REQUIRE(mute);
    for (int i = 0; i < 7; ++i)
        s.rig.loop.advance(1s);
    CHECK(a.receive().starts_with("HTTP/1.1 502"));
    auto next = s.one.accept();  // b's own
    REQUIRE(next);
    s.ends.emplace_back(std::move(next), s.how);
    s.settle();
    s.answer(s.end(), 1);
    CHECK(b.receive().ends_with("ok"));
}
