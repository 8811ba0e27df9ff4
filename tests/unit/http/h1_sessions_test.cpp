// SPDX-License-Identifier: Apache-2.0
// Both sides of http/h1 over socket pairs, where a conversation on the wire does not show what
// happens inside.
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "http/h1/client_session.hpp"
#include "http/h1/server_session.hpp"
#include "http/server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>

using namespace std::chrono_literals;
using sluice::runtime::task;
using sluice::runtime::wake;
namespace http = sluice::http;
namespace h1 = sluice::http::h1;

namespace {

// Reads every body, says what it saw, answers 200 without a body.
class reader final : public http::request_handler {
public:
    task<> handle(http::request_head& head, http::client_stream& client) override {
        path = head.path;
        std::string whole;
        for (http::chunk piece; !piece.last;) {
            const auto got = client.take_body(piece);
            if (got == http::io_state::broken)
                break;
            if (got == http::io_state::done) {
                whole += piece.bytes;
                largest = std::max(largest, piece.bytes.size());
                continue;
            }
            if (co_await client.input() != wake::ready)
                break;
        }
        body = std::move(whole);
        path_after_body = head.path;
        ++requests;
        http::response_head answer;
        answer.body = {http::framing::kind::length, 0};
        client.put_head(answer, {});
        client.put_body({{}, true});
    }
    void refused(const http::refusal&) noexcept override { ++refusals; }

    std::string path, body, path_after_body;
    std::size_t largest = 0;
    int requests = 0;
    int refusals = 0;
};

struct server_fixture {
    fake::loop loop;
    reader handler;
    int closed = 0;
    http::server server{loop.worker, std::make_shared<http::server_settings>(), handler,
                        [this] { ++closed; }};
    fake::socket client;

    server_fixture() {
        fake::socket_pair pair;
        client = std::move(pair.theirs);
        server.adopt(pair.ours.release(), *sluice::net::address::parse("192.0.2.1:1"));
        loop.settle();
    }
    ~server_fixture() {
        server.abort();
        loop.settle();
    }
    std::string send(std::string_view bytes) {
        for (std::size_t at = 0; at < bytes.size();) {
            at += client.send(bytes.substr(at));
            loop.settle(2);
        }
        loop.settle();
        return client.receive();
    }
};

std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

std::string numbered(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i)
        text += std::to_string(i) + ",";
    text.resize(size);
    return text;
}

int count_of(const std::string& text, std::string_view what) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size())
        ++count;
    return count;
}

}  // namespace

TEST_CASE_METHOD(
    server_fixture,
    "bodies around the size of the head's buffer arrive whole, and the head's texts stay good") {
    const std::size_t size =
        GENERATE(0, 1, 16'000, 16'383, 16'384, 16'385, 65'535, 65'537, 1'000'000);
    const auto text = numbered(size);
    for (int round = 0; round < 2; ++round) {
        CHECK(send(post("/some/path", text)).rfind("HTTP/1.1 200", 0) == 0);
        CHECK((handler.body == text));
        CHECK(handler.path_after_body == "/some/path");
    }
    CHECK(handler.requests == 2);
}

TEST_CASE_METHOD(server_fixture,
                 "replaced settings hold for new connections, and open ones keep theirs") {
    auto next = std::make_shared<http::server_settings>();
    next->bounds.body = 3;
    server.replace(next);
    next.reset();
    CHECK(send(post("/", "four")).rfind("HTTP/1.1 200", 0) == 0);
    CHECK(handler.body == "four");

    fake::socket_pair pair;
    client = std::move(pair.theirs);
    server.adopt(pair.ours.release(), *sluice::net::address::parse("192.0.2.1:2"));
    loop.settle();
    send(post("/", "four"));
    CHECK(handler.body.empty());
}

TEST_CASE_METHOD(server_fixture, "a long body is read in larger steps than a head") {
    send(post("/", numbered(4 << 20)));
    CHECK(handler.largest > sluice::byte_buffer::small_block);
}

TEST_CASE_METHOD(server_fixture, "requests behind a body in the same bytes are the next requests") {
    const std::size_t size = GENERATE(3, 16'384, 70'000);
    const auto text = numbered(size);
    const auto answers = send(post("/1", text) + post("/2", text) +
                              "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n" + post("/4", "end"));
    CHECK(count_of(answers, "HTTP/1.1 200") == 4);
    CHECK(handler.requests == 4);
    CHECK(handler.path == "/4");
    CHECK(handler.body == "end");
}

TEST_CASE_METHOD(server_fixture, "a chunked body cut at every byte is the same body") {
    const std::string request =
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n6\r\n "
        "world\r\n0\r\nx-t: 1\r\n\r\n";
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        client.send(request.substr(0, cut));
        loop.settle(2);
        CHECK(send(request.substr(cut)).rfind("HTTP/1.1 200", 0) == 0);
        REQUIRE(handler.body == "hello world");
    }
}

TEST_CASE_METHOD(
    server_fixture,
    "an idle connection is counted as idle, sheds when asked and not while it is used") {
    send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    send("GET / HT");
    CHECK(server.shed_idle() == 0);  // part of a head is there
    send("TP/1.1\r\nHost: h\r\n\r\n");
    CHECK(server.shed_idle() == 1);
    loop.settle();
    CHECK(closed == 1);
    client.receive();
    CHECK(client.at_end());
}

TEST_CASE_METHOD(
    server_fixture,
    "a connection that says nothing is closed in silence, one that says half a head hears 408") {
    SECTION("nothing") {
        loop.advance(10s + fake::past);
        CHECK(client.receive().empty());
    }
    SECTION("half a head, a byte at a time") {
        for (int i = 0; i < 11; ++i) {
            client.send("G");
            loop.advance(1s);
        }
        CHECK(client.receive().rfind("HTTP/1.1 408", 0) == 0);
        CHECK(handler.refusals == 1);
    }
    SECTION("nothing after a request, for longer") {
        send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        loop.advance(64s);
        client.receive();
        CHECK_FALSE(client.at_end());
        loop.advance(1s + fake::past);
    }
    loop.advance(5s);
    client.receive();
    CHECK(client.at_end());
    CHECK(closed == 1);
}

TEST_CASE_METHOD(server_fixture, "while draining an idle connection may still speak for a moment "
                                 "and is closed after its answer") {
    send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    server.drain();
    loop.settle();
    SECTION("it speaks") {
        const auto answer = send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK(answer.find("Connection: close") != std::string::npos);
        CHECK(closed == 1);
    }
    SECTION("it does not") {
        loop.advance(1s + fake::past);
        CHECK(closed == 1);
    }
    client.receive();
    CHECK(client.at_end());
}

namespace {

struct client_fixture {
    fake::loop loop;
    http::limits bounds;
    fake::socket node;
    std::unique_ptr<h1::client_session> session;

    client_fixture() {
        fake::socket_pair pair;
        node = std::move(pair.theirs);
        session = std::make_unique<h1::client_session>(
            std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()));
        loop.settle();
    }
    void begin() {
        http::request_head head;
        head.method_name = "GET";
        http::outgoing_request request;
        request.head = &head;
        request.path = "/";
        request.authority = "h";
        session->begin(http::method::get, bounds);
        session->put_head(request);
        CHECK(session->flush() == http::io_state::done);
        node.receive();
    }
    void answer(std::string_view bytes) {
        node.send(bytes);
        loop.settle();
    }
    /// The whole body, waiting for nothing.
    std::string body(http::io_state& end) {
        std::string whole;
        for (http::chunk piece; !piece.last;) {
            end = session->take_body(piece);
            if (end != http::io_state::done)
                break;
            whole += piece.bytes;
        }
        return whole;
    }
};

}  // namespace

TEST_CASE_METHOD(
    client_fixture,
    "a whole answer leaves a connection that may serve again, anything else does not") {
    struct row {
        const char* answer;
        bool reusable;
    };
    const auto one = GENERATE(
        row{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
        row{"HTTP/1.1 204 No Content\r\n\r\n", true},
        row{"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", true},
        row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
        row{"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
        row{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", false},
        row{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
        row{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokjunk", false},
        row{"HTTP/1.1 204 No Content\r\n\r\njunk", false});
    INFO(one.answer);
    begin();
    answer(one.answer);
    http::response_head head;
    do
        REQUIRE(session->take_head(head) == http::io_state::done);
    while (head.informational());
    http::io_state end{};
    body(end);
    CHECK(end == http::io_state::done);
    CHECK(session->reusable() == one.reusable);
}

TEST_CASE_METHOD(client_fixture,
                 "an end before the answer may be tried again elsewhere, an end in it may not") {
    begin();
    http::response_head head;
    SECTION("before") {
        node.close();
        loop.settle();
        CHECK(session->take_head(head) == http::io_state::broken);
        CHECK(session->fault().retry == sluice::retry_hint::if_reused);
        CHECK_FALSE(session->answered());
    }
    SECTION("in the head") {
        answer("HTTP/1.1 20");
        CHECK(session->take_head(head) == http::io_state::blocked);
        node.close();
        loop.settle();
        CHECK(session->take_head(head) == http::io_state::broken);
        CHECK(session->fault().retry == sluice::retry_hint::never);
    }
    SECTION("in the body") {
        answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        CHECK(session->take_head(head) == http::io_state::done);
        node.close();
        loop.settle();
        http::io_state end{};
        CHECK(body(end) == "half");
        CHECK(end == http::io_state::broken);
        CHECK(session->fault().code == sluice::errc::upstream_closed);
    }
    CHECK_FALSE(session->reusable());
}

TEST_CASE_METHOD(client_fixture,
                 "a body that ends with its connection ends where the connection ends") {
    begin();
    answer("HTTP/1.1 200 OK\r\n\r\nall of ");
    http::response_head head;
    CHECK(session->take_head(head) == http::io_state::done);
    node.send("it");
    node.close();
    loop.settle();
    http::io_state end{};
    CHECK(body(end) == "all of it");
    CHECK(end == http::io_state::done);
    CHECK_FALSE(session->reusable());
}

TEST_CASE_METHOD(client_fixture, "an interrupt ends with the exchange it was meant for") {
    begin();
    answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    http::response_head head;
    CHECK(session->take_head(head) == http::io_state::done);
    http::io_state end{};
    body(end);
    session->interrupt();
    REQUIRE(session->reusable());
    session->rest();
    begin();
    CHECK(session->take_head(head) == http::io_state::blocked);
    CHECK_FALSE(session->input(loop.worker.now() + 1s).await_ready());
}
