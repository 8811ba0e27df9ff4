// SPDX-License-Identifier: Apache-2.0
// HTTP/2 towards clients over a socket pair, with the test's own time and a handler that does what
// the path says.
#include "fake/h2_client.hpp"
#include "fake/loop.hpp"
#include "http/h2/abuse_score.hpp"
#include "http/server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>

using namespace std::chrono_literals;
using sluice::errc;
using sluice::runtime::task;
using sluice::runtime::wake;
namespace http = sluice::http;

namespace {

http::response_head answer_with(http::framing body, unsigned status = 200) {
    http::response_head head;
    head.status = status;
    head.body = body;
    return head;
}

// /echo answers with what it reads, trailers too; /bytes sends as much as the test says; /hold
// answers when told; /sip takes a part of what it gets and no more; /stubborn runs on whatever its
// client does; /early answers without reading; /break stops in the middle; /hint says 103 first;
// /tunnel answers 101 and echoes; anything else gets a short answer.
class scripted final : public http::request_handler, public http::gone_listener {
public:
    explicit scripted(sluice::runtime::worker& on) : told(on) {}

    task<> handle(http::request_head& head, http::client_stream& client) override {
        ++begun;
        ++running;
        most_running = std::max(most_running, running);
        last_path = head.path;
        last_cookie = head.fields.find(http::field_id::cookie) != nullptr
                          ? head.fields.find(http::field_id::cookie)->value
                          : std::string_view{};
        client.on_gone(this);
        if (head.path == "/echo")
            co_await echo(client);
        else if (head.path == "/bytes")
            co_await bytes(client);
        else if (head.path == "/hold")
            co_await hold(client);
        else if (head.path == "/break")
            co_await break_off(client);
        else if (head.path == "/tunnel")
            co_await tunnel(head, client);
        else if (head.path == "/stubborn")
            co_await go_on(client);
        else if (head.path == "/sip")
            co_await sip(client);
        else if (head.path == "/read-none")
            co_await hold(client);
        else
            brief(head, client);
        last_fault = client.fault();
        client.on_gone(nullptr);
        --running;
    }
    void refused(const http::refusal& what) noexcept override {
        ++refusals;
        last_refusal = what.code;
    }
    void turned_away(errc) noexcept override { ++away; }
    void on_client_gone() noexcept override {
        ++gone;
        told.interrupt();
    }

    // The whole request body, in pieces; false when it broke.
    task<bool> read(http::client_stream& client, std::string& whole, http::header_list& trailers) {
        for (http::chunk piece; !piece.last;) {
            const auto got = client.take_body(piece);
            if (got == http::io_state::broken)
                co_return false;
            if (got == http::io_state::done) {
                whole += piece.bytes;
                ++pieces;
                if (piece.trailers != nullptr)
                    for (const auto& one : *piece.trailers)
                        trailers.add(one);
                continue;
            }
            if (co_await client.input() != wake::ready)
                co_return false;
        }
        co_return true;
    }
    static task<bool> flush(http::client_stream& client) {
        for (;;) {
            const auto sent = client.flush();
            if (sent != http::io_state::blocked)
                co_return sent == http::io_state::done;
            if (co_await client.output() != wake::ready)
                co_return false;
        }
    }
    task<> echo(http::client_stream& client) {
        std::string whole;
        http::header_list trailers;
        if (!co_await read(client, whole, trailers)) {
            client.reset();
            co_return;
        }
        client.put_head(answer_with({http::framing::kind::chunked}), "id");
        client.put_body({whole, true, &trailers});
        flushed = co_await flush(client);
    }
    task<> bytes(http::client_stream& client) {
        client.put_head(answer_with({http::framing::kind::length, size}), {});
        const std::string piece(piece_size, 'b');
        for (std::size_t left = size; left != 0;) {
            const auto now = std::min(left, piece.size());
            left -= now;
            client.put_body({std::string_view(piece).substr(0, now), left == 0});
            put += now;
            if (!co_await flush(client)) {
                client.reset();
                co_return;
            }
        }
    }
    task<> hold(http::client_stream& client) {
        const auto why = co_await told.until(sluice::runtime::timer::never);
        if (why != wake::ready) {
            client.reset();
            co_return;
        }
        client.give_up_body();
        client.put_head(answer_with({http::framing::kind::length, 2}), {});
        client.put_body({"ok", true});
    }
    task<> go_on(http::client_stream& client) {
        client.on_gone(nullptr);
        while (!let_go)
            co_await told.owner().next_turn();
    }
    // Keeps pace for a while, then takes no more.
    task<> sip(http::client_stream& client) {
        for (http::chunk piece; client.bytes_in() < 200'000;) {
            const auto got = client.take_body(piece);
            if (got == http::io_state::broken ||
                (got == http::io_state::blocked && co_await client.input() != wake::ready))
                break;
        }
        while (client.where() == http::presence::here)
            co_await told.owner().next_turn();
        client.reset();
    }
    task<> break_off(http::client_stream& client) {
        client.put_head(answer_with({http::framing::kind::chunked}), {});
        client.put_body({"half", false});
        co_await flush(client);
        client.reset();
    }
    task<> tunnel(http::request_head& head, http::client_stream& client) {
        const auto* const key = head.fields.find("sec-websocket-key");
        last_key = key == nullptr ? std::string_view{} : key->value;
        last_upgrade = head.upgrade;
        auto answer = answer_with({}, 101);
        answer.upgrade = "websocket";
        answer.fields.add("Sec-WebSocket-Accept", "x");
        answer.fields.add("Sec-WebSocket-Protocol", "chat");
        client.put_head(answer, {});
        client.flush();
        client.open_tunnel(1h);
        for (http::chunk piece; !piece.last;) {
            const auto got = client.take_body(piece);
            if (got == http::io_state::broken)
                co_return;
            if (got == http::io_state::blocked) {
                if (co_await client.input() != wake::ready)
                    co_return;
                continue;
            }
            client.put_body({piece.bytes, false});
            if (!co_await flush(client))
                co_return;
        }
        client.end_tunnel_output();
    }
    void brief(const http::request_head& head, http::client_stream& client) {
        if (head.path == "/hint")
            client.put_informational(answer_with({}, 103));
        if (head.path == "/early")
            client.give_up_body();
        auto answer =
            answer_with({http::framing::kind::length, 5}, head.path == "/none" ? 204 : 200);
        if (head.path == "/none")
            answer.body = {};
        answer.fields.add("Content-Type", "text/plain");
        answer.fields.add("Keep-Alive", "timeout=5");
        client.put_head(answer, "id");
        client.put_body({"hello", true});
    }

    sluice::runtime::gate told;
    std::size_t size = 0;
    std::size_t piece_size = 60'000;
    std::size_t put = 0;
    int begun = 0, running = 0, most_running = 0, refusals = 0, gone = 0, away = 0, pieces = 0;
    bool flushed = false, let_go = false;
    errc last_fault{}, last_refusal{};
    std::string last_path, last_cookie, last_key, last_upgrade;
};

struct h2_fixture {
    fake::loop loop;
    std::shared_ptr<http::server_settings> settings = make_settings();
    scripted handler{loop.worker};
    int closed = 0;
    http::server server{loop.worker, settings, handler, [this] { ++closed; }};

    static std::shared_ptr<http::server_settings> make_settings() {
        auto made = std::make_shared<http::server_settings>();
        made->listener.protocols = {http::client_protocol::h2c};
        return made;
    }
    ~h2_fixture() {
        server.abort();
        loop.settle();
        loop.advance(3s);  // whoever lingers
    }
    fake::socket connect() {
        fake::socket_pair pair;
        server.adopt(pair.ours.release(), *sluice::net::address::parse("192.0.2.1:1"));
        return std::move(pair.theirs);
    }
};

std::string numbered(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i)
        text += std::to_string(i) + ",";
    text.resize(size);
    return text;
}

}  // namespace

TEST_CASE_METHOD(h2_fixture, "a request is answered, in lower case and without hop-by-hop fields") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/a", {{"cookie", "a=1"}, {"cookie", "b=2"}}));
    client.exchange(loop);
    CHECK(handler.last_path == "/a");
    CHECK(handler.last_cookie == "a=1; b=2");
    auto& answer = client.at(id);
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    CHECK(answer.ended);
    CHECK_FALSE(answer.reset);
    CHECK(answer.field("content-type") == "text/plain");
    CHECK(answer.field("content-length") == "5");
    CHECK(answer.field("x-request-id") == "id");
    CHECK_FALSE(answer.field("date").empty());
    CHECK(answer.field("keep-alive").empty());
    CHECK(handler.running == 0);
}

TEST_CASE_METHOD(h2_fixture, "answers without content end with their head") {
    fake::h2_client client(connect());
    auto head = fake::h2_get("/a");
    head[0].second = "HEAD";
    const auto first = client.ask(head);
    const auto second = client.ask(fake::h2_get("/none"));
    client.exchange(loop);
    CHECK(client.at(first).field("content-length") == "5");
    CHECK(client.at(first).body.empty());
    CHECK(client.at(first).ended);
    CHECK(client.at(second).status == 204);
    CHECK(client.at(second).ended);
}

TEST_CASE_METHOD(h2_fixture, "bodies of any size arrive whole both ways") {
    const std::size_t size = GENERATE(0, 1, 4096, 16'383, 16'384, 16'385, 65'536, 1'000'000);
    const auto text = numbered(size);
    fake::h2_client client(connect());
    for (int round = 0; round < 2; ++round) {
        const auto id = client.post(fake::h2_post("/echo"), text);
        client.exchange(loop);
        CHECK((client.at(id).body == text));
        CHECK(client.at(id).ended);
        CHECK_FALSE(client.at(id).reset);
    }
    CHECK(handler.running == 0);
}

TEST_CASE_METHOD(h2_fixture, "trailers pass both ways, without what must not stand there") {
    fake::h2_client client(connect());
    const auto id = client.begin(fake::h2_post("/echo"));
    client.say(id, "text");
    client.exchange(loop);
    client.end(id, {{"x-sum", "1"}, {"content-length", "9"}});
    client.exchange(loop);
    CHECK(client.at(id).body == "text");
    CHECK(client.at(id).trailers == fake::h2_fields{{"x-sum", "1"}});
    CHECK(client.at(id).ended);
}

TEST_CASE_METHOD(h2_fixture, "1xx heads come before the answer") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/hint"));
    client.exchange(loop);
    CHECK(client.at(id).informational == std::vector<int>{103});
    CHECK(client.at(id).status == 200);
    CHECK(client.at(id).ended);
}

TEST_CASE_METHOD(h2_fixture, "a client that grants nothing stops its stream, and only that one") {
    handler.size = 10'000'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand, 65'535);
    const auto stalled = client.ask(fake::h2_get("/bytes"));
    client.exchange(loop);
    CHECK(client.at(stalled).body.size() == 65'535);
    CHECK(handler.put <= 3 * handler.piece_size);
    nghttp2_session_set_local_window_size(client.native(), NGHTTP2_FLAG_NONE, 0, 1 << 20);
    const auto other = client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    CHECK(client.at(other).body == "hello");
    while (!client.at(stalled).ended) {
        const auto before = client.at(stalled).body.size();
        client.grant(stalled);
        client.exchange(loop);
        REQUIRE(client.at(stalled).body.size() > before);
    }
    CHECK(client.at(stalled).body.size() == handler.size);
}

TEST_CASE_METHOD(h2_fixture,
                 "a stream whose client takes nothing is reset after client_write_idle") {
    handler.size = 1'000'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand);
    const auto id = client.ask(fake::h2_get("/bytes"));
    client.exchange(loop);
    loop.advance(settings->deadlines.client_write_idle + fake::past);
    client.exchange(loop);
    CHECK(client.at(id).reset == NGHTTP2_INTERNAL_ERROR);
    CHECK(handler.running == 0);
}

TEST_CASE_METHOD(h2_fixture, "nobody may send more of a body than is taken") {
    fake::h2_client client(connect());
    const auto id = client.begin(fake::h2_post("/read-none"));
    client.say(id, numbered(300'000));
    client.exchange(loop);
    CHECK(client.window(id) == 0);
    handler.told.raise();
    client.exchange(loop);
    CHECK(client.at(id).body == "ok");
    CHECK(client.at(id).reset == NGHTTP2_NO_ERROR);
    // what was dropped is granted again to the others
    const auto next = client.post(fake::h2_post("/echo"), numbered(2'000'000));
    client.exchange(loop);
    CHECK(client.at(next).body.size() == 2'000'000);
}

TEST_CASE_METHOD(h2_fixture, "a window that is used up while the taker keeps pace grows") {
    fake::h2_client client(connect());
    const auto id = client.begin(fake::h2_post("/echo"));
    client.say(id, numbered(60'000));
    client.exchange(loop);
    CHECK(client.window(id) > 65'536);
    client.say(id, numbered(5'000'000));
    client.exchange(loop);
    CHECK(client.window(id) > 256 * 1024);
    CHECK(client.window(id) <= 512 * 1024);
}

TEST_CASE_METHOD(h2_fixture, "an early answer is whole, and the rest of the body not wanted") {
    fake::h2_client client(connect());
    const auto id = client.begin(fake::h2_post("/early"));
    client.say(id, "some");
    client.exchange(loop);
    CHECK(client.at(id).body == "hello");
    CHECK(client.at(id).ended);
    CHECK(client.at(id).reset == NGHTTP2_NO_ERROR);
}

TEST_CASE_METHOD(h2_fixture, "an answer that breaks off is reset, with what came before it") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/break"));
    client.exchange(loop);
    CHECK(client.at(id).body == "half");
    CHECK_FALSE(client.at(id).ended);
    CHECK(client.at(id).reset == NGHTTP2_INTERNAL_ERROR);
}

TEST_CASE_METHOD(h2_fixture, "content that disagrees with Content-Length is a stream error") {
    fake::h2_client client(connect());
    const auto more = client.post(fake::h2_post("/echo", {{"content-length", "3"}}), "four");
    const auto less = client.post(fake::h2_post("/echo", {{"content-length", "5"}}), "four");
    const auto none = client.ask(fake::h2_post("/echo", {{"content-length", "5"}}));
    const auto good = client.post(fake::h2_post("/echo", {{"content-length", "4"}}), "four");
    client.exchange(loop);
    CHECK(client.at(more).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK(client.at(less).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK(client.at(none).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK(client.at(good).body == "four");
    CHECK(handler.running == 0);
}

TEST_CASE_METHOD(h2_fixture, "the handler hears why a body broke") {
    fake::h2_client client(connect());
    const auto id = client.begin(fake::h2_post("/echo", {{"content-length", "3"}}));
    client.say(id, "four");
    client.exchange(loop);
    CHECK(handler.last_fault == errc::bad_request);
    const auto left = client.begin(fake::h2_post("/echo"));
    client.exchange(loop);
    client.reset(left);
    client.exchange(loop);
    CHECK(handler.last_fault == errc::client_gone);
    CHECK(handler.running == 0);
}

TEST_CASE_METHOD(h2_fixture, "a malformed request is reset and told of, and nobody handles it") {
    fake::h2_client client(connect());
    auto upper = fake::h2_get("/a");
    upper.emplace_back("Upper", "1");
    const auto bad = client.ask(upper);
    auto late = fake::h2_get("/a");
    late.insert(late.begin() + 1, {"x", "y"});
    const auto worse = client.ask(late);
    client.exchange(loop);
    CHECK(client.at(bad).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK(client.at(worse).reset == NGHTTP2_PROTOCOL_ERROR);
    CHECK(handler.begun == 0);
    CHECK(handler.refusals == 2);
    const auto good = client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    CHECK(client.at(good).status == 200);
}

TEST_CASE_METHOD(h2_fixture, "a request that is refused gets an answer") {
    fake::h2_client client(connect());
    auto trace = fake::h2_get("/a");
    trace[0].second = "TRACE";
    const auto not_done = client.ask(trace);
    const auto bad = client.ask(fake::h2_get("/a#b"));
    const auto large = client.ask(fake::h2_get("/a", {{"x", std::string(20'000, 'v')}}));
    client.exchange(loop);
    CHECK(client.at(not_done).status == 501);
    CHECK(client.at(bad).status == 400);
    CHECK(client.at(bad).body.find("\"bad_request\"") != std::string::npos);
    CHECK(client.at(bad).ended);
    CHECK(client.at(large).status == 431);
    CHECK(handler.begun == 0);
    CHECK(handler.refusals == 3);
}

TEST_CASE_METHOD(h2_fixture, "a stream that is reset at once costs nothing") {
    fake::h2_client client(connect());
    client.exchange(loop);
    const auto id = client.begin(fake::h2_post("/hold"));
    client.reset(id);
    client.say(id, "text");
    client.exchange(loop);
    CHECK(handler.begun == 0);
    const auto good = client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    CHECK(client.at(good).status == 200);
}

TEST_CASE_METHOD(h2_fixture, "a client that resets a stream is gone for its handler") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/hold"));
    client.exchange(loop);
    CHECK(handler.running == 1);
    client.reset(id);
    client.exchange(loop);
    CHECK(handler.gone == 1);
    CHECK(handler.running == 0);
    CHECK(server.open() == 1);
}

TEST_CASE_METHOD(h2_fixture, "a client that leaves is gone for all its streams") {
    {
        fake::h2_client client(connect());
        client.ask(fake::h2_get("/hold"));
        client.begin(fake::h2_post("/echo"));
        client.exchange(loop);
        CHECK(handler.running == 2);
    }
    loop.settle();
    CHECK(handler.gone == 2);
    CHECK(handler.running == 0);
    CHECK(closed == 1);
}

TEST_CASE_METHOD(h2_fixture, "streams over the limit are refused, and running handlers count") {
    settings->bounds.h2.streams = 4;
    fake::h2_client client(connect());
    client.exchange(loop);
    CHECK(client.setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) == 4);
    class stubborn : public http::request_handler {
    public:
        explicit stubborn(sluice::runtime::worker& on) : may_end(on) {}
        task<> handle(http::request_head&, http::client_stream& client) override {
            ++running;
            while (!over)
                co_await may_end.owner().next_turn();
            --running;
            client.reset();
        }
        void refused(const http::refusal&) noexcept override {}
        sluice::runtime::gate may_end;
        bool over = false;
        int running = 0;
    } slow{loop.worker};
    http::server other{loop.worker, settings, slow, [] {}};
    fake::socket_pair pair;
    other.adopt(pair.ours.release(), *sluice::net::address::parse("192.0.2.1:2"));
    fake::h2_client fast(std::move(pair.theirs));
    for (int round = 0; round < 5; ++round) {
        std::vector<std::int32_t> ids;
        for (int i = 0; i < 4; ++i)
            ids.push_back(fast.ask(fake::h2_get("/slow")));
        fast.exchange(loop);
        for (const auto id : ids)
            fast.reset(id);
        fast.exchange(loop);
        CHECK(slow.running == 4);
    }
    slow.over = true;
    loop.settle();
    CHECK(slow.running == 0);
    other.abort();
    loop.settle();
    loop.advance(3s);
}

TEST_CASE_METHOD(h2_fixture, "a drain lets go in two steps and serves what was asked for") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/hold"));
    client.exchange(loop);
    server.drain();
    client.exchange(loop);
    REQUIRE(client.goaways().size() == 2);
    CHECK(client.goaways()[0].first == 0x7fffffff);
    CHECK(client.goaways()[1].first == id);
    CHECK(server.open() == 1);
    handler.told.raise();
    client.exchange(loop);
    CHECK(client.at(id).body == "ok");
    CHECK(client.ended());
}

TEST_CASE_METHOD(h2_fixture, "a drain does not wait for a client that does not answer") {
    auto end = connect();
    loop.settle();
    end.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + fake::h2_frame(4, 0, 0, {}));
    loop.settle();
    server.drain();
    loop.settle();
    CHECK(server.open() == 1);
    loop.advance(http::server::drain_grace + fake::past);
    loop.advance(2s + fake::past);
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "the end of a drain answers who has seen nothing, and ends") {
    fake::h2_client client(connect());
    const auto waits = client.ask(fake::h2_get("/hold"));
    client.exchange(loop);
    server.drain();
    client.exchange(loop);
    server.abort();
    client.exchange(loop);
    CHECK(client.at(waits).reset.has_value());
    CHECK(handler.last_fault == errc::shutting_down);
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "an idle connection is told to go after client_idle") {
    fake::h2_client client(connect());
    client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    loop.advance(settings->deadlines.client_idle - 1s);
    client.exchange(loop);
    CHECK(client.goaways().empty());
    loop.advance(1s + fake::past);
    client.exchange(loop);
    REQUIRE(client.goaways().size() == 1);
    CHECK(client.goaways()[0].second == NGHTTP2_NO_ERROR);
    CHECK(client.ended());
}

TEST_CASE_METHOD(h2_fixture,
                 "a connection is told to go after an hour, and finishes what it does") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/hold"));
    client.exchange(loop);
    loop.advance(60min - 1s);
    client.exchange(loop);
    CHECK(client.goaways().empty());
    loop.advance(6min + 2s);
    client.exchange(loop);
    REQUIRE(client.goaways().size() == 2);
    CHECK(client.goaways()[0] == std::pair{std::int32_t{0x7fffffff}, std::uint32_t{0}});
    CHECK(client.goaways()[1] == std::pair{id, std::uint32_t{0}});
    CHECK_FALSE(client.ended());
    handler.told.raise();
    client.exchange(loop);
    CHECK(client.at(id).status == 200);
    CHECK(client.ended());
}

TEST_CASE_METHOD(h2_fixture, "a connection whose numbers run out is told to go") {
    fake::h2_client client(connect());
    client.go_on_at(0x7fffffff - (1 << 16));
    client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    CHECK(client.goaways().empty());
    const auto id = client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    CHECK(client.at(id).status == 200);
    REQUIRE(client.goaways().size() == 2);
    CHECK(client.goaways()[1].first == id);
}

TEST_CASE_METHOD(h2_fixture, "idle connections are shed, busy ones are not") {
    fake::h2_client busy(connect()), idle(connect());
    busy.ask(fake::h2_get("/hold"));
    idle.ask(fake::h2_get("/a"));
    busy.exchange(loop);
    idle.exchange(loop);
    CHECK(server.shed_idle() == 1);
    idle.exchange(loop);
    CHECK(idle.goaways().size() == 1);
    CHECK(idle.ended());
    CHECK_FALSE(busy.ended());
}

TEST_CASE_METHOD(h2_fixture, "a head that does not end is not waited for") {
    auto end = connect();
    const std::string ack = fake::h2_frame(4, 1, 0, {});
    end.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + fake::h2_frame(4, 0, 0, {}) + ack +
             fake::h2_frame(1, 1, 1, "\x82"));
    loop.settle();
    loop.advance(settings->deadlines.client_head + fake::past);
    CHECK(handler.away == 1);
    end.close();
    loop.settle();
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "settings that are never acknowledged end the connection") {
    auto end = connect();
    end.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + fake::h2_frame(4, 0, 0, {}) +
             fake::h2_frame(1, 4, 1, "\x82\x86\x84\x41\x01h"));
    loop.settle();
    loop.advance(settings->deadlines.client_head + fake::past);
    const auto got = end.receive();
    const std::string timeout("\0\0\0\4", 4);  // the error code of GOAWAY
    CHECK(got.find(timeout, got.size() - 4) != std::string::npos);
}

TEST_CASE_METHOD(h2_fixture, "what is no preface ends the connection") {
    auto end = connect();
    end.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    loop.settle();
    end.receive();
    CHECK(end.at_end());
    CHECK(handler.begun == 0);
}

TEST_CASE_METHOD(h2_fixture, "HTTP/1 and HTTP/2 are told apart on one port, byte by byte") {
    settings->listener.protocols = {http::client_protocol::http1, http::client_protocol::h2c};
    auto old = connect();
    for (const char c : std::string_view("PRO /a HTTP/1.1\r\nHost: h\r\n\r\n")) {
        old.send({&c, 1});
        loop.settle(3);
    }
    CHECK(old.receive().starts_with("HTTP/1.1 200"));
    auto end = connect();
    for (const char c : std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
        CHECK(end.receive().empty());
        end.send({&c, 1});
        loop.settle(3);
    }
    loop.settle();
    CHECK(end.receive().size() > 9);  // our SETTINGS
    auto slow = connect();
    slow.send("PRI * HT");
    loop.settle();
    loop.advance(settings->deadlines.client_head + fake::past);
    CHECK(slow.receive().starts_with("HTTP/1.1 408"));
}

TEST_CASE_METHOD(h2_fixture, "a listener of HTTP/1 alone answers the preface with 505") {
    settings->listener.protocols = {http::client_protocol::http1};
    auto end = connect();
    end.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    loop.settle();
    CHECK(end.receive().starts_with("HTTP/1.1 505"));
}

TEST_CASE_METHOD(h2_fixture, "RFC 8441: a WebSocket is a tunnel with a key of ours") {
    fake::h2_client client(connect());
    client.exchange(loop);
    CHECK(client.setting(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1);
    auto fields = fake::h2_get("/tunnel", {{"sec-websocket-version", "13"}});
    fields[0].second = "CONNECT";
    fields.insert(fields.begin() + 1, {":protocol", "websocket"});
    const auto id = client.begin(fields);
    client.say(id, "early ");
    client.exchange(loop);
    CHECK(handler.last_upgrade == "websocket");
    CHECK(handler.last_key.size() == 24);
    CHECK(handler.last_key.ends_with("=="));
    CHECK(client.at(id).status == 200);
    CHECK(client.at(id).field("sec-websocket-accept").empty());
    CHECK(client.at(id).field("sec-websocket-protocol") == "chat");
    client.say(id, "late");
    client.exchange(loop);
    CHECK(client.at(id).body == "early late");
    CHECK_FALSE(client.at(id).ended);
    client.end(id);
    client.exchange(loop);
    CHECK(client.at(id).ended);
    CHECK(handler.running == 0);
}

TEST_CASE_METHOD(h2_fixture, "plain CONNECT is not done here") {
    fake::h2_client client(connect());
    const auto id = client.begin({{":method", "CONNECT"}, {":authority", "h:443"}});
    client.exchange(loop);
    CHECK(client.at(id).status == 501);
    CHECK(client.at(id).reset == NGHTTP2_NO_ERROR);
}

TEST_CASE_METHOD(h2_fixture, "a stream number that was passed over is an error of the connection") {
    fake::h2_client client(connect());
    client.raw(fake::h2_frame(1, 5, 5, "\x82\x86\x84\x41\x01h"));
    client.raw(fake::h2_frame(1, 5, 3, "\x82\x86\x84\x41\x01h"));
    client.exchange(loop);
    REQUIRE(client.goaways().size() == 1);
    CHECK(client.goaways()[0].second == NGHTTP2_PROTOCOL_ERROR);
    CHECK(client.ended());
}

TEST_CASE_METHOD(h2_fixture,
                 "RFC 9113 section 6.9.2: a window over its bound by SETTINGS ends all") {
    fake::h2_client client(connect());
    const auto id = client.ask(fake::h2_get("/hold"));
    client.exchange(loop);
    const auto number = [](std::uint32_t value) {
        return fake::h2_frame(0, 0, value, {}).substr(5, 4);
    };
    client.raw(fake::h2_frame(8, 0, static_cast<std::uint32_t>(id), number(0x7fffffff - 65'535)));
    client.raw(fake::h2_frame(4, 0, 0, std::string("\0\4", 2) + number(0x7fffffff)));
    client.exchange(loop);
    REQUIRE_FALSE(client.goaways().empty());
    CHECK(client.goaways()[0].second == NGHTTP2_FLOW_CONTROL_ERROR);
    CHECK(client.ended());
}

TEST_CASE_METHOD(h2_fixture, "too many entries of SETTINGS are counted as what they are") {
    for (auto& one : settings->abuses)
        one = std::make_shared<sluice::telemetry::counter>(1);
    fake::h2_client client(connect());
    client.exchange(loop);
    client.raw(fake::h2_frame(4, 0, 0, std::string(6 * 2'700, '\0')));
    client.exchange(loop);
    REQUIRE_FALSE(client.goaways().empty());
    CHECK(client.goaways()[0].second == NGHTTP2_ENHANCE_YOUR_CALM);
    const auto kind = static_cast<std::size_t>(sluice::http::h2::abuse::settings);
    CHECK(settings->abuses[kind]->sum() == 1);
}

TEST_CASE_METHOD(h2_fixture, "who broke the rules is not listened to for long") {
    auto end = connect();
    end.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + fake::h2_frame(4, 0, 0, {}) +
             fake::h2_frame(6, 0, 1, "12345678"));  // PING belongs to no stream
    for (int i = 0; i < 6; ++i) {
        end.send(fake::h2_frame(6, 0, 0, "12345678"));
        loop.advance(100ms + fake::past);
    }
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "each kind of abuse is told to calm down, then cut off") {
    using sluice::http::h2::abuse;
    const std::string name = GENERATE("resets", "malformed", "pings", "settings", "priorities",
                                      "window_updates", "empty_frames", "unknown_frames");
    CAPTURE(name);
    std::array<std::shared_ptr<sluice::telemetry::counter>, 11> counters;
    for (auto& one : counters)
        one = std::make_shared<sluice::telemetry::counter>(1);
    settings->abuses = counters;
    fake::h2_client client(connect());
    fake::h2_client honest(connect());
    client.exchange(loop);
    const auto body = client.begin(fake::h2_post("/echo"));
    client.exchange(loop);
    for (int i = 0; i < 3000 && !client.ended(); ++i) {
        const auto id = static_cast<std::uint32_t>(body + 2 + 2 * i);
        if (name == "resets")
            client.raw(fake::h2_frame(1, 5, id, "\x82\x86\x84\x41\x01h") +
                       fake::h2_frame(3, 0, id, std::string("\0\0\0\x08", 4)));
        else if (name == "malformed")
            client.raw(fake::h2_frame(1, 5, id, "\x82"));  // :method alone
        else if (name == "pings")
            client.raw(fake::h2_frame(6, 0, 0, "12345678"));
        else if (name == "settings")
            nghttp2_submit_settings(client.native(), NGHTTP2_FLAG_NONE, nullptr, 0);
        else if (name == "priorities")
            client.raw(fake::h2_frame(2, 0, 3, std::string("\0\0\0\0\1", 5)));
        else if (name == "window_updates")
            client.raw(fake::h2_frame(8, 0, 0, std::string("\0\0\0\1", 4)));
        else if (name == "empty_frames")
            client.raw(fake::h2_frame(0, 0, static_cast<std::uint32_t>(body), {}));
        else
            client.raw(fake::h2_frame(0x77, 0, 0, {}));
        if (i % 10 == 9)
            client.exchange(loop);
    }
    CHECK(client.ended());
    CHECK(server.open() == 1);
    CHECK(handler.running == 0);
    for (std::size_t at = 0; at < counters.size(); ++at)
        CHECK(counters[at]->sum() ==
              (sluice::http::h2::word_for(static_cast<abuse>(at)) == name ? 1 : 0));
    REQUIRE_FALSE(client.goaways().empty());
    CHECK(client.goaways()[0].second == NGHTTP2_ENHANCE_YOUR_CALM);
    const auto next = honest.ask(fake::h2_get("/a"));
    honest.exchange(loop);
    CHECK(honest.at(next).status == 200);
}

TEST_CASE_METHOD(h2_fixture, "what honest clients do of each kind is no abuse") {
    fake::h2_client client(connect());
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 10; ++i) {
            client.reset(client.begin(fake::h2_post("/hold")));
            client.ask(fake::h2_get("/a"));
        }
        client.raw(fake::h2_frame(6, 0, 0, "12345678"));
        client.exchange(loop);
        loop.advance(1s);
    }
    CHECK(client.goaways().empty());
    CHECK_FALSE(client.ended());
}

TEST_CASE_METHOD(h2_fixture, "a head without an end is cut off before it is decoded") {
    fake::h2_client client(connect());
    client.exchange(loop);
    // one entry of the table, then references to it for ever
    std::string block = "\x82\x86\x84\x41\x01h";
    block += std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4000, 'v');
    client.raw(fake::h2_frame(1, 1, 1, block));
    client.raw(fake::h2_frame(9, 0, 1, std::string(16'000, '\xbe')));
    client.exchange(loop);
    REQUIRE(client.goaways().size() == 1);
    CHECK(client.goaways()[0].second == NGHTTP2_ENHANCE_YOUR_CALM);
    CHECK(client.ended());
    CHECK(handler.begun == 0);
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "trailers that end after their handler are nobody's") {
    handler.size = 10'000'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand, 1 << 24);
    nghttp2_session_set_local_window_size(client.native(), NGHTTP2_FLAG_NONE, 0, 1 << 24);
    const auto upload = client.begin(fake::h2_post("/hold"));
    client.ask(fake::h2_get("/bytes"));
    client.send();
    loop.settle();  // nothing leaves any more, so the stream stays known to nghttp2
    const auto stream = static_cast<std::uint32_t>(upload);
    client.raw(fake::h2_frame(1, 1, stream, std::string("\0\3x-a\1v", 7)));
    client.send();
    loop.settle();
    handler.told.interrupt();
    loop.settle();
    REQUIRE(handler.running == 1);
    handler.told.resume_waits();
    fake::h2_client other(connect());
    const auto id = other.begin(fake::h2_post("/echo"));
    other.say(id, "text");
    other.exchange(loop);
    client.raw(fake::h2_frame(9, 4, stream, std::string("\0\6x-evil\1v", 10)));
    client.send();
    loop.settle();
    other.end(id);
    other.exchange(loop);
    CHECK(other.at(id).body == "text");
    CHECK(other.at(id).trailers.empty());
}

TEST_CASE_METHOD(h2_fixture, "a body over its limit leaves the connection its credit") {
    settings->bounds.body = 20'000;
    fake::h2_client client(connect());
    client.exchange(loop);
    for (int i = 0; i < 1000; ++i) {
        const auto id = client.post(fake::h2_post("/echo"), std::string(30'000, 'a'));
        client.exchange(loop);
        REQUIRE(client.at(id).reset.has_value());
    }
    for (int i = 0; i < 120; ++i) {
        const auto id = client.post(fake::h2_post("/echo"), std::string(20'000, 'a'));
        client.exchange(loop);
        REQUIRE(client.at(id).body.size() == 20'000);
    }
}

TEST_CASE_METHOD(h2_fixture, "a stream that is reset at once leaves the connection its credit") {
    fake::h2_client client(connect());
    client.exchange(loop);
    for (int i = 0; i < 1000; ++i) {
        const auto id = client.begin(fake::h2_post("/echo"));
        client.say(id, std::string(10'000, 'a'));
        client.gather();
        client.reset(id);
        client.ask(fake::h2_get("/a"));
        client.exchange(loop);
        loop.advance(100ms);
    }
    CHECK(handler.begun == 1000);
    const auto id = client.post(fake::h2_post("/echo"), numbered(2'000'000));
    client.exchange(loop);
    CHECK(client.at(id).body.size() == 2'000'000);
}

TEST_CASE_METHOD(h2_fixture, "a refused head that comes in pieces costs the connection nothing") {
    settings->bounds.h2.streams = 2;
    fake::h2_client client(connect());
    client.ask(fake::h2_get("/hold"));
    const auto id = client.ask(fake::h2_get("/stubborn"));
    client.exchange(loop);
    client.reset(id);
    client.exchange(loop);
    REQUIRE(handler.running == 2);
    const auto next = static_cast<std::uint32_t>(id + 2);
    client.raw(fake::h2_frame(1, 1, next, "\x82\x86"));
    client.exchange(loop);
    client.raw(fake::h2_frame(9, 4, next, "\x84\x41\x01h"));
    client.exchange(loop);
    loop.advance(settings->deadlines.client_head + fake::past);
    client.exchange(loop);
    CHECK(client.goaways().empty());
    CHECK(handler.away == 0);
    client.raw(fake::h2_frame(1, 1, next + 2, "\x82\x86"));  // one without an end
    client.exchange(loop);
    loop.advance(settings->deadlines.client_head + fake::past);
    client.exchange(loop);
    CHECK(handler.away == 1);
    handler.let_go = true;
}

TEST_CASE_METHOD(h2_fixture, "streams that only wait their turn are not slow") {
    handler.size = 20'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand, 1 << 20);
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 100; ++i)
        ids.push_back(client.ask(fake::h2_get("/bytes")));
    client.exchange(loop);
    std::int32_t window = 65'535;
    for (int second = 0; second < 280 && handler.running != 0; ++second) {
        window += 8192;  // of the connection: it takes 8 KiB a second
        nghttp2_session_set_local_window_size(client.native(), NGHTTP2_FLAG_NONE, 0, window);
        client.exchange(loop);
        loop.advance(1s);
    }
    client.exchange(loop);
    for (const auto id : ids) {
        REQUIRE_FALSE(client.at(id).reset.has_value());
        REQUIRE(client.at(id).body.size() == handler.size);
    }
}

TEST_CASE_METHOD(h2_fixture, "a stream without credit is slow, however fast the others are") {
    handler.size = 500'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand);
    const auto stalled = client.ask(fake::h2_get("/bytes"));
    client.exchange(loop);
    std::int32_t window = 65'535;
    for (int second = 0; second < 32; ++second) {
        window += 100;
        nghttp2_session_set_local_window_size(client.native(), NGHTTP2_FLAG_NONE, 0, window);
        client.ask(fake::h2_get("/a"));
        client.exchange(loop);
        loop.advance(1s);
    }
    client.exchange(loop);
    CHECK(client.at(stalled).reset == NGHTTP2_INTERNAL_ERROR);
}

TEST_CASE_METHOD(h2_fixture, "a connection that is granted a byte now and then is slow") {
    handler.size = 500'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand, 1 << 20);
    for (int i = 0; i < 3; ++i)
        client.ask(fake::h2_get("/bytes"));
    client.exchange(loop);
    std::int32_t window = 65'535;
    for (int second = 0; second < 100; ++second) {
        nghttp2_session_set_local_window_size(client.native(), NGHTTP2_FLAG_NONE, 0, ++window);
        client.exchange(loop);
        loop.advance(1s);
    }
    CHECK(handler.running == 0);
    CHECK(handler.last_fault == errc::client_too_slow);
}

TEST_CASE_METHOD(h2_fixture, "who breaks the rules while it uploads hears why") {
    fake::h2_client client(connect());
    client.exchange(loop);
    const auto upload = client.begin(fake::h2_post("/echo"));
    client.say(upload, "some");
    client.exchange(loop);
    std::string pings = fake::h2_frame(6, 0, 1, "12345678");  // PING belongs to no stream
    while (pings.size() < 1'000'000)
        pings += fake::h2_frame(6, 0, 0, "12345678");
    client.raw(pings);
    for (int i = 0; i < 20; ++i) {
        client.send();
        loop.settle();
    }
    CHECK(client.send() == 0);  // all of it was taken
    client.receive();
    REQUIRE(client.goaways().size() == 1);
    CHECK(client.goaways()[0].second == NGHTTP2_PROTOCOL_ERROR);
    CHECK(server.open() == 1);
    loop.advance(500ms + fake::past);
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "last words wait for nobody who does not read") {
    handler.size = 10'000'000;
    fake::h2_client client(connect(), fake::h2_client::credit::by_hand, 1 << 24);
    nghttp2_session_set_local_window_size(client.native(), NGHTTP2_FLAG_NONE, 0, 1 << 24);
    client.ask(fake::h2_get("/bytes"));
    client.send();
    loop.settle();
    const bool floods = GENERATE(true, false);
    if (floods) {
        std::string block = "\x82\x86\x84\x41\x01h";
        block += std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4000, 'v');
        client.raw(fake::h2_frame(1, 1, 5, block));
        client.raw(fake::h2_frame(9, 0, 5, std::string(16'000, '\xbe')));
    } else {
        client.raw(fake::h2_frame(1, 5, 5, "\x82\x86\x84\x41\x01h"));
        client.raw(fake::h2_frame(1, 5, 3, "\x82\x86\x84\x41\x01h"));  // passed over
    }
    client.send();
    loop.settle();
    CHECK(server.open() == (floods ? 0 : 1));
    loop.advance(500ms + fake::past);
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "the end of a drain does not wait for half a head") {
    fake::h2_client client(connect());
    client.exchange(loop);
    client.raw(fake::h2_frame(1, 1, 1, "\x82\x86"));
    client.exchange(loop);
    server.drain();
    client.exchange(loop);
    server.abort();
    client.exchange(loop);
    CHECK(server.open() == 0);
}

TEST_CASE_METHOD(h2_fixture, "a refused HEAD is answered without content") {
    fake::h2_client client(connect());
    auto large = fake::h2_get("/a", {{"x", std::string(20'000, 'v')}});
    large[0].second = "HEAD";
    const auto id = client.ask(large);
    client.exchange(loop);
    CHECK(client.at(id).status == 431);
    CHECK(client.at(id).body.empty());
    CHECK(client.at(id).ended);
}

TEST_CASE_METHOD(h2_fixture, "streams that stall when their windows grew stay in their bound") {
    settings->bounds.h2.memory = 8 << 20;
    settings->bounds.h2.connection_window = 64 << 20;
    fake::h2_client client(connect());
    client.exchange(loop);
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 100; ++i)
        ids.push_back(client.begin(fake::h2_post("/sip")));
    client.exchange(loop);
    for (const auto id : ids) {
        client.say(id, std::string(1'000'000, 'a'));
        client.exchange(loop);
    }
    const auto calm = std::ranges::count_if(
        ids, [&](auto id) { return client.at(id).reset == NGHTTP2_ENHANCE_YOUR_CALM; });
    CHECK(calm > 0);
    CHECK(handler.running > 0);
    CHECK(handler.running * 200'000 <= 8 << 20);
    CHECK(client.goaways().empty());
    const auto next = client.ask(fake::h2_get("/a"));
    client.exchange(loop);
    CHECK(client.at(next).status == 200);
}

TEST_CASE_METHOD(h2_fixture, "DATA of padding alone is as empty as without it") {
    using sluice::http::h2::abuse;
    for (auto& one : settings->abuses)
        one = std::make_shared<sluice::telemetry::counter>(1);
    fake::h2_client client(connect());
    const auto body = static_cast<std::uint32_t>(client.begin(fake::h2_post("/echo")));
    client.exchange(loop);
    for (int i = 0; i < 300 && !client.ended(); ++i) {
        client.raw(fake::h2_frame(0, 8, body, std::string("\4\0\0\0\0", 5)));
        client.exchange(loop);
    }
    CHECK(client.ended());
    CHECK(settings->abuses[static_cast<std::size_t>(abuse::empty_frames)]->sum() == 1);
}

TEST_CASE_METHOD(h2_fixture, "padding around content is no abuse") {
    fake::h2_client client(connect());
    const auto body = static_cast<std::uint32_t>(client.begin(fake::h2_post("/echo")));
    client.exchange(loop);
    for (int i = 0; i < 300; ++i) {
        client.raw(fake::h2_frame(0, 8, body, std::string("\3a\0\0\0", 5)));
        client.exchange(loop);
    }
    CHECK(client.goaways().empty());
}
