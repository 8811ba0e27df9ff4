// SPDX-License-Identifier: Apache-2.0
// What nodes may do wrong, and a little they may do: the status of the contract before the head is
// out, a visibly broken message after it, and never another request on a connection in doubt.
#include "exchange_bench.hpp"
#include "generated_case.hpp"

#include <fmt/format.h>

namespace sluice::conformance {

namespace {

using namespace std::string_literals;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string repeated(std::size_t times, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

std::string with(std::string_view fields, std::string_view body = "") {
    return fmt::format("HTTP/1.1 200 OK\r\n{}\r\n{}", fields, body);
}

struct bad_row {
    std::string name, bytes;
};

const std::vector<bad_row>& bad_rows() {
    static const std::vector<bad_row> all{
        {"two Content-Lengths", with("Content-Length: 2\r\nContent-Length: 2\r\n", "ok")},
        {"Content-Length and chunked",
         with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nok\r\n0\r\n\r\n")},
        {"Transfer-Encoding: gzip", with("Transfer-Encoding: gzip\r\n", "ok")},
        {"Transfer-Encoding: gzip, chunked",
         with("Transfer-Encoding: gzip, chunked\r\n", "2\r\nok\r\n0\r\n\r\n")},
        {"Transfer-Encoding on HTTP 1.0",
         "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
        {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"},
        {"a folded line", with("X-A: b\r\n c\r\nContent-Length: 2\r\n", "ok")},
        {"NUL in a value", with("X-A: b\0c\r\nContent-Length: 2\r\n"s, "ok")},
        {"white space before a colon", with("Content-Length : 2\r\n", "ok")},
        {"a Content-Length that is no number", with("Content-Length: +2\r\n", "ok")},
        {"a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"},
        {"HTTP 2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"},
        {"no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        {"101 that nobody asked for",
         "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
        {"17 informational heads", repeated(17, "HTTP/1.1 103 Early Hints\r\n\r\n") + ok},
        {"100 informational heads", repeated(100, "HTTP/1.1 102 Processing\r\n\r\n") + ok},
        {"an informational head with a body",
         "HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nok" + ok},
        {"a head of 1 MB",
         with("X-A: " + std::string(1 << 20, 'x') + "\r\nContent-Length: 2\r\n", "ok")},
        {"a head of 1 MB in short lines",
         with(repeated(10'000, "X-A: " + std::string(100, 'x') + "\r\n"))},
        {"500 set-cookie lines",
         with(repeated(500, "Set-Cookie: a=b\r\n") + "Content-Length: 2\r\n", "ok")},
        {"nothing but an orderly end", ""},
        {"an end inside the head", "HTTP/1.1 200 OK\r\nContent-Le"},
    };
    return all;
}

void answers_502(const bad_row& row) {
    exchange_bench b(
        {{acts::read_request, acts::send(row.bytes), acts::shut_write, acts::await_end}});
    auto client = b.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    check_local(client.read_final(), 502, "bad_gateway");
    CHECK(b.node.await_ended(1));
    CHECK(b.node.connections() == 1);  // POST is not tried again
    client.send(get("/"));             // the client's connection is none the worse
    check_local(client.read_final(), 502, "bad_gateway");
}

// After the first answer of these a node connection must not serve another request.
struct doubtful_row {
    std::string name, method, bytes;
    unsigned status;
    std::string body;
};

const std::vector<doubtful_row>& doubtful_rows() {
    static const std::vector<doubtful_row> all{
        {"204 with Content-Length", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n",
         204, ""},
        {"204 with body bytes", "GET", "HTTP/1.1 204 No Content\r\n\r\nok", 204, ""},
        {"204 with Content-Length and body bytes", "GET",
         "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", 204, ""},
        {"204 with chunks", "GET",
         "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 204,
         ""},
        {"304 with body bytes", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok",
         304, ""},
        {"HEAD with body bytes", "HEAD", ok, 200, ""},
        {"bytes behind a counted body", "GET",
         ok + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 200, "ok"},
        {"bytes behind a chunked body", "GET",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 "
         "OK\r\n\r\n",
         200, "ok"},
        {"Connection: close", "GET",
         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
        {"HTTP 1.0 without keep-alive", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
         200, "ok"},
    };
    return all;
}

void delivered_and_not_used_again(const doubtful_row& row) {
    exchange_bench b({{acts::read_request, acts::send(row.bytes), acts::await_end}, always_ok()});
    auto client = b.connect();
    client.send(row.method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto got = client.read(row.method == "HEAD" ? body_rule::head_only : body_rule::response);
    check_answer(got, row.status, row.body);
    if (row.status == 204) {
        CHECK_FALSE(got.field("Content-Length"));
        CHECK_FALSE(got.field("Transfer-Encoding"));
    }
    client.send(get("/2"));
    check_ok(client);
    CHECK(b.node.connections() == 2);
    CHECK(b.node.await_requests(2).back().connection == 1);
}

// A body that ends too early: the client must not be able to take it for whole.
void visibly_broken(const std::string& bytes, const std::vector<act>& ends,
                    std::string_view version) {
    connection_script script{acts::read_request, acts::send(bytes)};
    script.insert(script.end(), ends.begin(), ends.end());
    exchange_bench b({script});
    auto client = b.connect();
    client.send(fmt::format("GET / HTTP/{}\r\nHost: a\r\n\r\n", version));
    const auto got = client.read();
    CHECK((got.how == ending::truncated || got.how == ending::reset));
}

const bool registered = [] {
    for (const auto& row : bad_rows())
        add_case("node sends " + row.name + ": 502", "[node]", [&row] { answers_502(row); });
    for (const auto& row : doubtful_rows())
        add_case("node sends " + row.name + ": delivered, its connection not used again", "[node]",
                 [&row] { delivered_and_not_used_again(row); });
    const std::vector<bad_row> truncated{
        {"a counted body", with("Content-Length: 9\r\n", "part")},
        {"a chunk", with("Transfer-Encoding: chunked\r\n", "9\r\npart")},
        {"a chunked body between chunks", with("Transfer-Encoding: chunked\r\n", "4\r\npart\r\n")},
        {"a trailer section", with("Transfer-Encoding: chunked\r\n", "4\r\npart\r\n0\r\nX-A")},
        {"a chunked body by nonsense",
         with("Transfer-Encoding: chunked\r\n", "4\r\npart\r\nzz\r\n")}};
    for (const auto& row : truncated)
        for (const std::string version : {"1.1", "1.0"}) {
            add_case(
                fmt::format("node ends inside {}: broken for an HTTP {} client", row.name, version),
                "[node]", [row, version] { visibly_broken(row.bytes, {acts::close}, version); });
            add_case(fmt::format("node resets inside {}: broken for an HTTP {} client", row.name,
                                 version),
                     "[node]",
                     [row, version] { visibly_broken(row.bytes, {acts::reset}, version); });
        }
    return true;
}();

}  // namespace

TEST_CASE("node sends no reason phrase: accepted") {
    exchange_bench b({always("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok")});
    auto client = b.connect();
    for (int i = 0; i < 2; ++i) {
        client.send(get("/"));
        check_ok(client);
    }
    CHECK(b.node.connections() == 1);
}

TEST_CASE("node sends one line of 20 KB inside the limit of a head: accepted") {
    exchange_bench b(
        {always(with("X-A: " + std::string(20'000, 'x') + "\r\nContent-Length: 2\r\n", "ok"))});
    auto client = b.connect();
    client.send(get("/"));
    check_ok(client);
}

TEST_CASE("node sends 16 informational heads: all forwarded") {
    exchange_bench b({always(repeated(16, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") + ok)});
    auto client = b.connect();
    client.send(get("/"));
    for (int i = 0; i < 16; ++i)
        CHECK(client.read().head == "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    check_answer(client.read(), 200, "ok");
}

TEST_CASE("informational heads do not reach an HTTP 1.0 client") {
    exchange_bench b({always("HTTP/1.1 103 Early Hints\r\n\r\n" + ok)});
    auto client = b.connect();
    client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    check_answer(client.read(), 200, "ok");
}

TEST_CASE("node answers while the client still sends: delivered, neither connection used again") {
    exchange_bench b(
        {{acts::read_head, acts::send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
          acts::await_end},
         always_ok()});
    auto client = b.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegun");
    check_answer(client.read(), 403, "no");
    client.send(get("/smuggled"));
    CHECK(client.ends());
    CHECK(b.node.await_ended(1));
    CHECK(b.node.connections() == 1);
}

TEST_CASE(
    "a body until close reaches an HTTP 1.1 client in chunks and an HTTP 1.0 client until close") {
    exchange_bench b({{acts::read_request, acts::send("HTTP/1.1 200 OK\r\n\r\nok"), acts::close}});
    auto modern = b.connect();
    for (int i = 0; i < 2; ++i) {
        modern.send(get("/"));
        const auto got = modern.read();
        check_answer(got, 200, "ok");
        CHECK(got.field("Transfer-Encoding") == "chunked");
    }
    auto old = b.connect();
    old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    const auto got = old.read();
    CHECK(got.how == ending::closed);
    CHECK(got.body == "ok");
}

TEST_CASE("a reset inside a body until close breaks the message") {
    for (const std::string version : {"1.1", "1.0"})
        visibly_broken("HTTP/1.1 200 OK\r\n\r\npart", {acts::reset}, version);
}

TEST_CASE("what a node says unasked on an idle connection reaches nobody") {
    exchange_bench b({{acts::read_request, acts::send(ok), acts::await_signal,
                       acts::send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"), acts::tell,
                       acts::await_end},
                      always_ok()});
    auto client = b.connect();
    client.send(get("/1"));
    check_ok(client);
    b.node.signal();
    REQUIRE(b.node.await_told());
    client.send(get("/2"));
    check_ok(client);
    CHECK(b.node.connections() == 2);
}

TEST_CASE("a node too slow with its head is 504, one too slow with its body a broken message") {
    exchange_bench b(
        {{acts::read_request, acts::await_end},
         {acts::read_request, acts::send(with("Content-Length: 9\r\n", "part")), acts::await_end}},
        {.more = "timeouts: {upstream_head: 100ms, upstream_idle: 100ms}"});
    auto client = b.connect();
    client.send(get("/1"));
    check_local(client.read(), 504, "upstream_timeout");
    client.send(get("/2"));
    CHECK(client.read().how == ending::truncated);
    CHECK(b.node.await_ended(2));
}

TEST_CASE("a reset before the head is 502") {
    exchange_bench b({{acts::read_request, acts::reset}});
    auto client = b.connect();
    client.send(get("/"));
    check_local(client.read(), 502, "bad_gateway");
}

TEST_CASE("a connection reset when it is used again: GET is tried on a fresh one, POST is not") {
    const connection_script once{acts::read_request, acts::send(ok), acts::read_request,
                                 acts::reset};
    exchange_bench b({once, always_ok()});
    auto client = b.connect();
    client.send(get("/1"));
    check_ok(client);
    client.send(get("/2"));
    check_ok(client);
    CHECK(b.node.connections() == 2);

    exchange_bench other({once, always_ok()});
    auto poster = other.connect();
    poster.send(get("/1"));
    check_ok(poster);
    poster.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    check_local(poster.read(), 502, "bad_gateway");
    CHECK(other.node.connections() == 1);
}

TEST_CASE("a PUT whose body went out is sent again whole on a fresh connection") {
    exchange_bench b(
        {{acts::read_request, acts::send(ok), acts::read_request, acts::reset}, always_ok()});
    auto client = b.connect();
    client.send(get("/1"));
    check_ok(client);
    client.send("PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    check_ok(client);
    const auto seen = b.node.await_requests(3);
    REQUIRE(seen.size() == 3);
    CHECK(seen[2].body == "hello");
}

TEST_CASE("a pool of connections the node has closed costs no request") {
    exchange_bench b({{acts::read_request, acts::send(ok), acts::tell, acts::close}});
    auto client = b.connect();
    for (int i = 0; i < 20; ++i) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
        check_ok(client);
        REQUIRE(b.node.await_told());
        REQUIRE(b.node.await_ended(static_cast<std::size_t>(i) + 1));
    }
    CHECK(b.node.connections() == 20);
}

TEST_CASE("one of two nodes refuses connections: the other answers") {
    const auto refusing = raw_socket::bind();
    exchange_bench b({always_ok()}, {.nodes = fmt::format("127.0.0.1:{}", refusing.port())});
    auto client = b.connect();
    for (int i = 0; i < 6; ++i) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        check_ok(client);
    }
}

TEST_CASE("every node refuses connections: 502 at once") {
    const auto one = raw_socket::bind();
    const auto two = raw_socket::bind();
    running_gateway gateway(
        {.nodes = fmt::format("127.0.0.1:{}, 127.0.0.1:{}", one.port(), two.port())});
    raw_client client(gateway.port());
    client.send(get("/"));
    check_local(client.read(), 502, "bad_gateway");
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    check_local(client.read(), 502, "bad_gateway");
}

}  // namespace sluice::conformance
