// SPDX-License-Identifier: Apache-2.0
// One shared connection to a node that is nghttp2 as a server: what goes out, what comes back, what
// is refused, and what is left when an exchange ends early.
#include "fake/h2_node.hpp"
#include "fake/loop.hpp"
#include "http/h2/client_session.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace std::chrono_literals;
namespace http = sluice::http;
using http::io_state;
using http::h2::client_session;
using sluice::errc;
using sluice::retry_hint;

namespace {

struct keeper final : client_session::owner {
    int changes = 0;
    void on_change(client_session&) noexcept override { ++changes; }
};

struct fixture {
    explicit fixture(fake::h2_node::terms terms = {}) {
        fake::socket_pair pair;
        session = client_session::start(
            std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()), owner);
        node.emplace(std::move(pair.theirs), terms);
        settle();
    }
    ~fixture() {
        if (stream)
            session->take_back(std::move(stream));
        session->leave();
        session.reset();
        loop.settle();
    }
    void settle() {
        for (int i = 0; i < 4; ++i) {
            loop.settle(3);
            node->turn();
        }
        loop.settle(3);
    }
    client_session::stream_pointer begin(http::method verb = http::method::get) {
        auto one = client_session::open(session);
        one->begin(verb, bounds);
        return one;
    }
    http::outgoing_request request() {
        http::outgoing_request made;
        made.head = &head;
        made.path = "/a";
        made.authority = "h";
        return made;
    }
    /// A GET on its way; stream is its own.
    void get() {
        head.method_name = "GET";
        stream = begin();
        stream->put_head(request());
        REQUIRE(stream->flush() == io_state::done);
        settle();
    }
    io_state take_head() { return stream->take_head(response); }
    /// All that is here of the body. `state` tells how it went on.
    std::string take_body(std::size_t most = std::string::npos) {
        std::string all;
        http::chunk piece;
        while (all.size() < most && (state = stream->take_body(piece)) == io_state::done) {
            all += piece.bytes;
            if (piece.last) {
                trailers = piece.trailers;
                last = true;
                break;
            }
        }
        return all;
    }

    fake::loop loop;
    keeper owner;
    client_session::pointer session;
    std::optional<fake::h2_node> node;
    http::limits bounds;
    http::request_head head;
    http::response_head response;
    client_session::stream_pointer stream;
    io_state state = io_state::done;
    const http::header_list* trailers = nullptr;
    bool last = false;
};

}  // namespace

TEST_CASE_METHOD(fixture, "a request goes out with its own fields and none of the connection's") {
    head.method_name = "POST";
    head.verb = http::method::post;
    head.query = "b=c";
    head.has_query = true;
    head.trailers_wanted = true;
    head.fields.add("X-Custom", "One");
    head.fields.add("Connection", "close");
    head.fields.add("TE", "trailers");
    head.fields.add("X-Forwarded-For", "6.6.6.6");
    head.fields.add("Upgrade", "websocket");
    stream = begin(head.verb);
    auto out = request();
    out.forwarded_for = "192.0.2.1";
    out.forwarded_proto = "http";
    out.request_id = "id";
    stream->put_head(out);
    CHECK_FALSE(stream->sent_any());
    CHECK(stream->flush() == io_state::done);
    settle();
    CHECK(stream->sent_any());
    CHECK(stream->delivered());
    const fake::h2_fields wanted{{":method", "POST"},           {":scheme", "http"},
                                 {":authority", "h"},           {":path", "/a?b=c"},
                                 {"x-custom", "One"},           {"x-forwarded-for", "192.0.2.1"},
                                 {"x-forwarded-proto", "http"}, {"x-request-id", "id"},
                                 {"content-length", "0"},       {"te", "trailers"}};
    CHECK(node->last().fields == wanted);
    CHECK(node->last().ended);
}

TEST_CASE_METHOD(fixture, "a response with a body and trailers comes back") {
    get();
    CHECK(take_head() == io_state::blocked);
    const bool with_length = GENERATE(true, false);
    fake::h2_fields fields{{":status", "200"}, {"x-from", "node"}};
    if (with_length)
        fields.emplace_back("content-length", "5");
    node->head(1, fields);
    node->body(1, "hello", true, {{"grpc-status", "0"}, {"age", "9"}});
    settle();
    REQUIRE(take_head() == io_state::done);
    CHECK(response.status == 200);
    CHECK(response.reason == "OK");
    CHECK(response.fields.find("x-from")->value == "node");
    CHECK(response.fields.size() == 1);
    CHECK(response.body.how ==
          (with_length ? http::framing::kind::length : http::framing::kind::chunked));
    CHECK(take_body() == "hello");
    REQUIRE(last);
    REQUIRE(trailers != nullptr);
    CHECK(trailers->size() == 1);
    CHECK(trailers->find("grpc-status")->value == "0");
}

TEST_CASE_METHOD(fixture, "a head that ends the response has no body and says so") {
    get();
    node->head(1, {{":status", "200"}, {"grpc-status", "5"}}, true);
    settle();
    REQUIRE(take_head() == io_state::done);
    CHECK_FALSE(response.body.has_body());
    CHECK(response.body.how == http::framing::kind::length);
    CHECK(take_body().empty());
    CHECK(last);
    CHECK(trailers == nullptr);
}

TEST_CASE_METHOD(fixture, "1xx heads come before the final one, each once") {
    get();
    node->head(1, {{":status", "103"}, {"link", "a"}});
    node->head(1, {{":status", "103"}, {"link", "b"}});
    node->head(1, {{":status", "204"}}, true);
    settle();
    REQUIRE(take_head() == io_state::done);
    CHECK(response.status == 103);
    CHECK(response.fields.find("link")->value == "a");
    REQUIRE(take_head() == io_state::done);
    CHECK(response.fields.find("link")->value == "b");
    REQUIRE(take_head() == io_state::done);
    CHECK(response.status == 204);
    CHECK(response.body.how == http::framing::kind::none);
}

TEST_CASE_METHOD(fixture, "heads are the same wherever what comes is cut") {
    const auto early = GENERATE(1U, 2U);
    for (std::size_t cut = 1;; ++cut) {
        get();
        const auto id = node->newest();
        for (unsigned i = 0; i < early; ++i)
            node->head(id, {{":status", "103"}, {"link", std::to_string(i)}});
        node->head(id, {{":status", "200"}, {"x-from", "node"}}, true);
        const auto bytes = node->give_out();
        std::vector<http::response_head> heads;
        for (const auto& part : {bytes.substr(0, cut), bytes.substr(std::min(cut, bytes.size()))}) {
            node->link().send(part);
            loop.settle(3);
            while (take_head() == io_state::done)
                heads.push_back(response);
        }
        INFO("after " << cut << " bytes");
        REQUIRE(heads.size() == early + 1);
        for (unsigned i = 0; i < early; ++i) {
            CHECK(heads[i].status == 103);
            CHECK(heads[i].fields.size() == 1);
            CHECK(heads[i].fields.find("link")->value == std::to_string(i));
        }
        CHECK(heads[early].status == 200);
        REQUIRE(heads[early].fields.size() == 1);
        CHECK(heads[early].fields.find("x-from")->value == "node");
        session->take_back(std::move(stream));
        if (cut >= bytes.size())
            break;
    }
}

TEST_CASE_METHOD(fixture, "a body goes out whole, its trailers behind it") {
    const auto size = GENERATE(0U, 10U, 100'000U, 16384U, 1'000'000U);
    std::string content(size, 'x');
    for (std::size_t i = 0; i < content.size(); ++i)
        content[i] = static_cast<char>('a' + i % 26);
    head.method_name = "PUT";
    head.verb = http::method::put;
    stream = begin(head.verb);
    auto out = request();
    out.body = {http::framing::kind::chunked};
    stream->put_head(out);
    http::header_list behind;
    behind.add("X-Sum", "1");
    stream->put_body({content, true, &behind});
    for (int i = 0; i < 100 && stream->flush() == io_state::blocked; ++i)
        settle();
    CHECK(stream->flush() == io_state::done);
    settle();
    CHECK(node->last().body == content);
    CHECK(node->last().trailers == fake::h2_fields{{"x-sum", "1"}});
    CHECK(node->last().ended);
    CHECK(node->last()["content-length"].empty());
    CHECK(node->last()["te"].empty());
}

TEST_CASE("a node that gives no room stops the sender, whose bytes are not lost") {
    fixture f({.gives_credit = false});
    f.head.method_name = "PUT";
    f.stream = f.begin(http::method::put);
    auto out = f.request();
    out.body = {http::framing::kind::length, 200'000};
    f.stream->put_head(out);
    const std::string content(200'000, 'y');
    f.stream->put_body({content, true});
    CHECK(f.stream->flush() == io_state::blocked);
    f.settle();
    CHECK(f.stream->flush() == io_state::blocked);
    CHECK(f.node->last().body.size() == 65535);
    CHECK_FALSE(f.stream->delivered());
    for (int i = 0; i < 10; ++i) {
        f.node->give_credit(1, std::min<std::size_t>(30'000, 65535));
        f.node->turn();
        f.settle();
    }
    f.node->give_credit(1, 65535);
    f.settle();
    f.settle();
    CHECK(f.node->last().body.size() >= 131'070);
}

TEST_CASE_METHOD(fixture, "who does not take the body stops its node at one window, and no other") {
    get();
    auto slow = std::move(stream);
    node->head(1, {{":status", "200"}});
    node->body(1, std::string(1'000'000, 'z'));
    settle();
    CHECK(node->unsent(1) == 1'000'000 - client_session::first_window);
    get();  // another stream of the same connection
    node->head(3, {{":status", "200"}});
    node->body(3, std::string(300'000, 'y'));
    std::size_t got = 0;
    for (int i = 0; i < 50 && !last; ++i) {
        settle();
        got += take_body().size();
    }
    CHECK(got == 300'000);
    CHECK(node->unsent(1) == 1'000'000 - client_session::first_window);
    session->take_back(std::move(stream));
    stream = std::move(slow);
    last = false;
    got = 0;
    for (int i = 0; i < 100 && !last; ++i) {
        got += take_body().size();
        settle();
    }
    CHECK(got == 1'000'000);
}

TEST_CASE_METHOD(fixture, "an exchange given up is cancelled, and its late frames harm nobody") {
    get();
    node->head(1, {{":status", "200"}});
    node->body(1, "part", false);
    settle();
    REQUIRE(take_head() == io_state::done);
    session->take_back(std::move(stream));
    node->say();
    settle();
    CHECK(node->requests[1].reset == NGHTTP2_CANCEL);
    CHECK(session->active() == 0);
    get();
    node->head(3, {{":status", "200"}}, true);
    settle();
    CHECK(take_head() == io_state::done);
}

TEST_CASE_METHOD(fixture, "one given up before it left is never heard of by its node") {
    head.method_name = "GET";
    stream = begin();
    stream->put_head(request());
    stream->flush();
    session->take_back(std::move(stream));
    settle();
    CHECK((node->requests.empty() || node->requests[1].reset == NGHTTP2_CANCEL));
    get();
    node->head(node->newest(), {{":status", "200"}}, true);
    settle();
    CHECK(take_head() == io_state::done);
}

TEST_CASE_METHOD(fixture,
                 "what the node resets is broken, and safe to send again where it says so") {
    get();
    SECTION("refused") {
        node->reset(1, NGHTTP2_REFUSED_STREAM);
        settle();
        CHECK(take_head() == io_state::broken);
        CHECK(stream->fault().retry == retry_hint::unprocessed);
        CHECK_FALSE(session->retired());
    }
    SECTION("before an answer") {
        node->reset(1, NGHTTP2_INTERNAL_ERROR);
        settle();
        CHECK(take_head() == io_state::broken);
        CHECK(stream->fault().code == errc::upstream_closed);
        CHECK(stream->fault().retry == retry_hint::never);
    }
    SECTION("inside the body") {
        node->head(1, {{":status", "200"}});
        node->body(1, "part", false);
        settle();
        node->reset(1, NGHTTP2_CANCEL);
        settle();
        CHECK(take_head() == io_state::done);
        CHECK(take_body() == "part");
        CHECK(state == io_state::broken);
        CHECK(stream->fault().code == errc::upstream_closed);
    }
}

TEST_CASE_METHOD(fixture, "GOAWAY ends what the node did not look at, and nothing else") {
    get();
    auto first = std::move(stream);
    get();
    node->goaway(1);
    settle();
    CHECK(session->retired());
    CHECK_FALSE(session->has_room());
    CHECK(owner.changes > 0);
    CHECK(take_head() == io_state::broken);
    CHECK(stream->fault().retry == retry_hint::unprocessed);
    session->take_back(std::move(stream));
    stream = std::move(first);
    node->head(1, {{":status", "200"}}, true);
    settle();
    CHECK(take_head() == io_state::done);
}

TEST_CASE_METHOD(fixture, "a connection that closes breaks its streams") {
    get();
    const bool answered = GENERATE(false, true);
    if (answered) {
        node->head(1, {{":status", "200"}});
        settle();
        CHECK(take_head() == io_state::done);
    }
    node->link().close();
    loop.settle();
    CHECK((answered ? (take_body(), state) : take_head()) == io_state::broken);
    CHECK(stream->fault().code == errc::upstream_closed);
    CHECK(stream->fault().retry == (answered ? retry_hint::never : retry_hint::if_reused));
    CHECK(session->retired());
}

TEST_CASE("messages that break the rules are no answers") {
    struct row {
        const char* what;
        fake::h2_fields head;
        std::string body;
        fake::h2_fields trailers;
        bool head_is_good;
    };
    const auto one = GENERATE(
        row{"more than its length",
            {{":status", "200"}, {"content-length", "3"}},
            "hello",
            {},
            true},
        row{"less than its length",
            {{":status", "200"}, {"content-length", "9"}},
            "hello",
            {},
            true},
        row{"two lengths",
            {{":status", "200"}, {"content-length", "5"}, {"content-length", "5"}},
            "hello",
            {},
            false},
        row{"a length that is none",
            {{":status", "200"}, {"content-length", "x"}},
            "hello",
            {},
            false},
        row{"no status", {{"x", "y"}}, "hello", {}, false},
        row{"a status that is none", {{":status", "20"}}, "hello", {}, false},
        row{"101", {{":status", "101"}}, "hello", {}, false},
        row{"a field of the connection",
            {{":status", "200"}, {"connection", "close"}},
            "",
            {},
            false},
        row{"a space in a name", {{":status", "200"}, {"x y", "z"}}, "", {}, false},
        row{"a line end in a value", {{":status", "200"}, {"x", "y\r\nz: 1"}}, "", {}, false},
        row{"a pseudo field behind the body",
            {{":status", "200"}},
            "hello",
            {{":status", "200"}},
            true},
        row{"too many fields", fake::h2_fields(1, {":status", "200"}), "many", {}, false},
        row{"a head too large",
            {{":status", "200"},
             {"x", std::string(15'000, 'x')},
             {"y", std::string(15'000, 'x')},
             {"z", std::string(15'000, 'x')}},
            "",
            {},
            false});
    INFO(one.what);
    fixture f({.checks = false});
    f.get();
    auto head = one.head;
    if (one.body == "many")
        for (int i = 0; i < 129; ++i)
            head.emplace_back("x-" + std::to_string(i), "y");
    f.node->head(1, head);
    f.node->body(1, one.body, true, one.trailers);
    f.settle();
    CHECK(f.take_head() == (one.head_is_good ? io_state::done : io_state::broken));
    if (one.head_is_good) {
        f.take_body();
        CHECK(f.state == io_state::broken);
        CHECK_FALSE(f.last);
    }
    CHECK(f.stream->fault().code == errc::bad_upstream_message);
    CHECK(f.stream->fault().retry == retry_hint::never);
    f.settle();
    CHECK(f.node->last().reset.has_value());
    CHECK_FALSE(f.session->retired());  // the connection is as good as before
}

TEST_CASE("a node that does not speak HTTP/2 is found out at once") {
    fake::loop loop;
    keeper owner;
    fake::socket_pair pair;
    auto session = client_session::start(
        std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()), owner);
    http::limits bounds;
    http::request_head head;
    head.method_name = "GET";
    http::outgoing_request out;
    out.head = &head;
    out.path = "/";
    out.authority = "h";
    auto stream = client_session::open(session);
    stream->begin(http::method::get, bounds);
    stream->put_head(out);
    stream->flush();
    loop.settle();
    pair.theirs.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    loop.settle();
    http::response_head response;
    CHECK(stream->take_head(response) == io_state::broken);
    CHECK(stream->fault().code == errc::bad_upstream_message);
    CHECK(stream->fault().stage == "no HTTP/2");
    session->take_back(std::move(stream));
    session->leave();
    session.reset();
    loop.settle();
    pair.theirs.receive();
    CHECK(pair.theirs.at_end());
}

TEST_CASE("no more streams than the node allows, and as many as it allows later") {
    fixture f({.streams = 2});
    CHECK(f.session->has_room());
    f.get();
    auto first = std::move(f.stream);
    f.get();
    CHECK_FALSE(f.session->has_room());
    CHECK_FALSE(f.session->retired());
    f.node->allow_streams(3);
    f.owner.changes = 0;
    f.settle();
    CHECK(f.session->has_room());
    CHECK(f.owner.changes == 1);
    f.session->take_back(std::move(first));
}

TEST_CASE_METHOD(fixture, "a connection that is asked has no room until its node answers") {
    session->probe();
    CHECK(session->probing());
    CHECK_FALSE(session->has_room());
    settle();
    CHECK(node->pings == 1);
    CHECK_FALSE(session->probing());
    CHECK(session->has_room());
}

TEST_CASE_METHOD(fixture, "a stream ends waits like any other") {
    get();
    stream->interrupt();
    CHECK(stream->input(sluice::runtime::timer::never).await_ready());
    CHECK(stream->output(sluice::runtime::timer::never).await_ready());
}

TEST_CASE_METHOD(fixture, "a request cut inside never looks whole") {
    head.method_name = "PUT";
    stream = begin(http::method::put);
    auto out = request();
    out.body = {http::framing::kind::chunked};
    stream->put_head(out);
    const std::string content(10'000, 'x');
    stream->put_body({content, true});
    REQUIRE(stream->flush() == io_state::blocked);
    stream->interrupt();
    settle();
    CHECK_FALSE(node->last().ended);
    session->take_back(std::move(stream));
    settle();
    CHECK(node->last().reset == NGHTTP2_CANCEL);
}

TEST_CASE("who leaves ends its connection in order, who is wronged resets it") {
    const bool wronged = GENERATE(false, true);
    fake::loop loop;
    keeper owner;
    fake::tcp_pair pair;
    auto session = client_session::start(
        std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()), owner);
    fake::socket node = std::move(pair.theirs);
    loop.settle();
    node.receive();
    auto held = client_session::open(session);  // what is held keeps its descriptor open
    if (wronged)
        node.send(std::string(64, 'x'));  // no SETTINGS
    else
        session->leave();
    loop.settle();
    const auto last = node.receive();
    CHECK(node.at_end());
    // The first byte behind a reset is what tells of it.
    node.send("x");
    CHECK((node.send("x") == 0) == wronged);
    // GOAWAY, its reason NO_ERROR
    CHECK((wronged || (last.size() == 17 && last[3] == 7 && last.substr(13) == std::string(4, 0))));
    session->take_back(std::move(held));
    session->leave();
    session.reset();
    loop.settle();
}

TEST_CASE_METHOD(fixture, "who leaves says goodbye") {
    session->leave();
    loop.settle();
    node->turn();
    CHECK(node->goodbye == NGHTTP2_NO_ERROR);
    session.reset();
    loop.settle();
    node->turn();
    CHECK(node->at_end());
    session = client_session::start(
        std::make_unique<sluice::net::stream>(loop.worker, fake::socket_pair().ours.release()),
        owner);
}

namespace {

// As RFC 9113 section 4.1 has it.
std::string frame_of(unsigned type, unsigned flags, std::uint32_t stream,
                     std::string_view content) {
    std::string all;
    for (int shift : {16, 8, 0})
        all += static_cast<char>(content.size() >> shift);
    all += static_cast<char>(type);
    all += static_cast<char>(flags);
    for (int shift : {24, 16, 8, 0})
        all += static_cast<char>(stream >> shift);
    return all.append(content);
}

}  // namespace

TEST_CASE_METHOD(fixture, "a node that sends what nobody asked for is left") {
    get();
    struct row {
        const char* what;
        std::string first, again;
    };
    const std::string empty;
    const auto one =
        GENERATE_COPY(row{"a push", empty, frame_of(5, 4, 1, std::string("\0\0\0\2\x88", 5))},
                      row{"empty DATA", frame_of(1, 4, 1, "\x88"), frame_of(0, 0, 1, empty)},
                      row{"DATA for nobody", frame_of(3, 0, 1, std::string("\0\0\0\2", 4)),
                          frame_of(0, 0, 1, std::string(1024, 'x'))},
                      row{"DATA beyond the window", frame_of(1, 4, 1, "\x88"),
                          frame_of(0, 0, 1, std::string(16384, 'x'))},
                      row{"heads for nobody", frame_of(3, 0, 1, std::string("\0\0\0\2", 4)),
                          frame_of(1, 4, 1, "\x88")},
                      row{"pings", empty, frame_of(6, 0, 0, "pingping")},
                      row{"settings", empty, frame_of(4, 0, 0, empty)});
    INFO(one.what);
    node->link().send(one.first);
    loop.settle(3);
    for (int i = 0; i < 2000 && !session->retired(); ++i) {
        node->link().send(one.again);
        loop.settle(3);
        node->link().receive();  // a node that reads the answers floods all the same
    }
    CHECK(session->retired());
}

TEST_CASE_METHOD(fixture, "what is on its way to streams given up is no abuse") {
    for (int i = 0; i < 200; ++i) {
        get();
        const auto id = static_cast<std::uint32_t>(node->newest());
        session->take_back(std::move(stream));
        loop.settle(3);
        std::string late = frame_of(1, 4, id, "\x88");
        for (int k = 0; k < 64; ++k)
            late += frame_of(0, 0, id, std::string(1000, 'x'));
        node->link().send(late + frame_of(1, 5, id, "\x88"));
        settle();
        REQUIRE_FALSE(session->retired());
    }
}

TEST_CASE_METHOD(fixture, "many who do not take their bodies hold up nobody else") {
    std::vector<client_session::stream_pointer> slow;
    for (int i = 0; i < 80; ++i) {  // together more than the connection's own window
        get();
        node->head(node->newest(), {{":status", "200"}});
        node->body(node->newest(), std::string(100'000, 'x'));
        slow.push_back(std::move(stream));
    }
    for (int i = 0; i < 20; ++i)
        settle();
    get();
    node->head(node->newest(), {{":status", "200"}});
    node->body(node->newest(), std::string(200'000, 'y'));
    std::size_t got = 0;
    for (int i = 0; i < 50 && !last; ++i) {
        settle();
        got += take_body().size();
    }
    CHECK(got == 200'000);
    CHECK(last);
    for (auto& one : slow)
        session->take_back(std::move(one));
}

TEST_CASE_METHOD(fixture, "what is delivered of one stream does not wait for the others") {
    get();
    CHECK(stream->delivered());
    auto first = std::move(stream);
    head.method_name = "GET";
    stream = begin();
    stream->put_head(request());
    CHECK_FALSE(stream->delivered());  // nothing of it was packed
    stream->flush();
    CHECK(first->delivered());
    CHECK_FALSE(stream->delivered());
    settle();
    CHECK(stream->delivered());
    session->take_back(std::move(first));
}

TEST_CASE_METHOD(fixture, "trailers as large as the limits allow go out") {
    head.method_name = "PUT";
    stream = begin(http::method::put);
    auto out = request();
    out.body = {http::framing::kind::chunked};
    stream->put_head(out);
    http::header_list behind;
    const std::string large(15'000, 'x');
    for (const auto* name : {"a", "b", "c", "d", "e", "f"})
        behind.add(name, large);
    stream->put_body({"hello", true, &behind});
    stream->flush();
    for (int i = 0; i < 10; ++i)
        settle();
    CHECK(node->last().body == "hello");
    CHECK(node->last().trailers.size() == 6);
    CHECK(node->last().ended);
}

TEST_CASE_METHOD(fixture, "GOAWAY behind a 1xx head is no malformed answer") {
    get();
    node->head(1, {{":status", "103"}});
    settle();
    REQUIRE(take_head() == io_state::done);
    node->goaway(0);
    settle();
    CHECK(take_head() == io_state::broken);
    CHECK(stream->fault().code == errc::upstream_closed);
    CHECK(stream->fault().retry == retry_hint::never);
}

TEST_CASE_METHOD(fixture, "one stream alone is opened until the node has said how many it allows") {
    fake::socket_pair pair;
    auto fresh = client_session::start(
        std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()), owner);
    CHECK(fresh->has_room());
    auto first = client_session::open(fresh);
    CHECK(fresh->greeting());
    CHECK_FALSE(fresh->has_room());
    fake::h2_node other(std::move(pair.theirs), {.streams = 2});
    owner.changes = 0;
    other.turn();
    loop.settle();
    CHECK_FALSE(fresh->greeting());
    CHECK(fresh->has_room());
    CHECK(owner.changes == 1);
    fresh->take_back(std::move(first));
    fresh->leave();
}

TEST_CASE("a stalled body takes little more memory than its window") {
    http::h2::client_body body;
    for (int i = 0; i < 4; ++i)
        body.append(std::string(16 * 1024, 'x'), 64 * 1024);
    CHECK(body.memory() <= 80 * 1024);
    std::size_t gone = 0, all = 0;
    while (!body.drained())
        all += body.take(gone).size();
    CHECK(all == 64 * 1024);
}
