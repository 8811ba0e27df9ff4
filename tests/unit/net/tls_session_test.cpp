// SPDX-License-Identifier: Apache-2.0
// net::stream with TLS inside, against OpenSSL as the other side.
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "fake/tls.hpp"
#include "sluice/net/stream.hpp"
#include "sluice/net/tls_session.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using fake::tls_end;
using sluice::byte_view;
using sluice::net::io_state;
using sluice::net::stream;
using sluice::runtime::direction;

namespace {

const fake::certificate& shown() {
    static const fake::certificate made;
    return made;
}

// A client's stream under test, the node's end held by the test.
struct fixture {
    fake::loop loop;
    fake::socket_pair pair;
    fake::openssl_ptr<SSL_CTX> ours = fake::client_context();
    fake::openssl_ptr<SSL_CTX> theirs = fake::server_context(shown());
    std::unique_ptr<stream> under_test = std::make_unique<stream>(loop.worker, pair.ours.release());
    std::unique_ptr<tls_end> node;

    fixture() { loop.settle(); }

    void secure() {
        SSL_CTX_set_mode(ours.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_options(ours.get(), SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_read_ahead(ours.get(), 1);
        node = std::make_unique<tls_end>(*theirs, tls_end::role::server);
        SSL* const made = SSL_new(ours.get());
        SSL_set_connect_state(made);
        REQUIRE(under_test->secure(std::make_unique<sluice::net::tls_session>(made)));
    }
    void to_node() { node->take_in(pair.theirs.receive()); }
    void from_node() {
        pair.theirs.send(node->give_out());
        loop.settle();
    }
    /// Up to the end of the handshake; the node's session tickets are still in its hands.
    void agree() {
        secure();
        for (int i = 0; i < 4; ++i) {
            const auto state = under_test->handshake();
            REQUIRE(state != io_state::broken);
            to_node();
            const bool node_done = node->handshake();
            if (state == io_state::done && node_done)
                return;
            from_node();
        }
        FAIL("no handshake");
    }
    /// With the tickets read.
    void connect() {
        agree();
        from_node();
        std::string none(1, '\0');
        CHECK(under_test->read({none.data(), 1}).state == io_state::blocked);
    }
    void say(std::string_view bytes) {
        node->write(bytes);
        from_node();
    }
    std::string read(std::size_t most = 64, io_state expected = io_state::done) {
        std::string room(most, '\0');
        const auto got = under_test->read(room);
        CHECK(got.state == expected);
        return room.substr(0, got.bytes);
    }
    std::string node_hears() {
        to_node();
        return node->read();
    }
};

std::size_t records_in(std::string_view bytes) {
    std::size_t count = 0;
    while (bytes.size() >= 5) {
        const auto size =
            (static_cast<unsigned char>(bytes[3]) << 8U) | static_cast<unsigned char>(bytes[4]);
        bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 5U + size));
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE_METHOD(fixture, "a handshake says which direction it waits for and what was agreed on") {
    secure();
    CHECK(under_test->handshake() == io_state::blocked);
    CHECK(under_test->tls()->wants() == direction::in);
    to_node();
    node->handshake();
    from_node();
    CHECK(under_test->handshake() == io_state::done);
    CHECK(under_test->tls()->established());
    CHECK(under_test->tls()->facts().protocol == "TLSv1.3");
    CHECK_FALSE(under_test->tls()->facts().resumed);
}

TEST_CASE_METHOD(fixture, "a handshake survives arriving byte by byte") {
    secure();
    auto state = under_test->handshake();
    to_node();
    node->handshake();
    for (const char one : node->give_out()) {
        REQUIRE(state == io_state::blocked);
        pair.theirs.send({&one, 1});
        loop.settle(1);
        state = under_test->handshake();
    }
    CHECK(state == io_state::done);
}

TEST_CASE_METHOD(fixture, "bytes pass both ways") {
    connect();
    say("hello");
    CHECK(read() == "hello");
    CHECK_FALSE(under_test->socket().readable());
    read(64, io_state::blocked);
    const byte_view pieces[] = {"one,", "", "two,", "three"};
    const auto put = under_test->write(pieces);
    CHECK(put.state == io_state::done);
    CHECK(put.bytes == 13);
    CHECK(node_hears() == "one,two,three");
}

TEST_CASE_METHOD(fixture, "small pieces leave joined in one record") {
    connect();
    const byte_view pieces[] = {"head", {}, "body", "end"};
    under_test->write(pieces);
    const auto bytes = pair.theirs.receive();
    CHECK(records_in(bytes) == 1);
    node->take_in(bytes);
    CHECK(node->read() == "headbodyend");
}

TEST_CASE_METHOD(fixture, "a large piece is cut into full records with the head in the first") {
    connect();
    const std::string large(40'000, 'x');
    const byte_view pieces[] = {"head", large, "end"};
    CHECK(under_test->write(pieces).bytes == large.size() + 7);
    const auto bytes = pair.theirs.receive();
    CHECK(records_in(bytes) == 3);
    node->take_in(bytes);
    CHECK(node->read() == "head" + large + "end");
}

TEST_CASE_METHOD(fixture, "what OpenSSL holds keeps the flag up, however short the reads") {
    connect();
    say("abcdefgh12");
    CHECK(read(8) == "abcdefgh");
    CHECK(under_test->socket().readable());
    CHECK(read(8) == "12");
    CHECK_FALSE(under_test->socket().readable());
}

TEST_CASE_METHOD(fixture, "several records that came together are read together") {
    connect();
    node->write("one,");
    node->write("two,");
    node->write("three");
    from_node();
    CHECK(read() == "one,two,three");
    CHECK_FALSE(under_test->socket().readable());
}

TEST_CASE_METHOD(fixture, "part of a record is nothing yet and lowers the flag") {
    connect();
    node->write("hello");
    const auto bytes = node->give_out();
    for (const char one : bytes.substr(0, bytes.size() - 1)) {
        pair.theirs.send({&one, 1});
        loop.settle(1);
        read(64, io_state::blocked);
        CHECK_FALSE(under_test->socket().readable());
    }
    pair.theirs.send(bytes.substr(bytes.size() - 1));
    loop.settle();
    CHECK(read() == "hello");
}

TEST_CASE_METHOD(fixture, "a record and a part of the next one: the first is read, then it waits") {
    connect();
    node->write("one");
    auto bytes = node->give_out();
    node->write("two");
    const auto next = node->give_out();
    pair.theirs.send(bytes + next.substr(0, 9));
    loop.settle();
    CHECK(read() == "one");
    CHECK_FALSE(under_test->socket().readable());
    pair.theirs.send(next.substr(9));
    loop.settle();
    CHECK(read() == "two");
}

TEST_CASE_METHOD(fixture, "close_notify is the orderly end") {
    connect();
    node->write("last words");
    node->end();
    from_node();
    CHECK(read() == "last words");
    CHECK(under_test->socket().readable());  // the end is still to be told
    CHECK(read().empty());
    CHECK(read().empty());
}

TEST_CASE_METHOD(fixture, "a write nobody takes any more is broken, also behind an orderly end") {
    connect();
    node->end();
    from_node();
    CHECK(read().empty());
    pair.theirs.close();
    const sluice::byte_view late = "late";
    CHECK(under_test->write({&late, 1}).state == io_state::broken);
    CHECK(under_test->write({&late, 1}).state == io_state::broken);
}

TEST_CASE_METHOD(fixture,
                 "an end without close_notify is a truncated stream, never an orderly end") {
    connect();
    node->write("all of i");
    from_node();
    pair.theirs.close();
    loop.settle();
    CHECK(read() == "all of i");
    read(64, io_state::broken);
    CHECK(under_test->tls()->failure() == "ended without close_notify");
    CHECK_FALSE(under_test->tls()->protocol_failed());
}

TEST_CASE_METHOD(fixture, "shut_write says close_notify and goes on reading") {
    connect();
    CHECK(under_test->shut_write() == io_state::done);
    node_hears();
    CHECK(node->ended());
    say("still here");
    CHECK(read() == "still here");
}

TEST_CASE_METHOD(fixture, "a closed stream said close_notify, a reset one did not") {
    connect();
    SECTION("closed") {
        under_test.reset();
        node_hears();
        CHECK(node->ended());
    }
    SECTION("reset") {
        under_test->reset_on_close();
        under_test.reset();
        node_hears();
        CHECK_FALSE(node->ended());
    }
}

TEST_CASE_METHOD(fixture,
                 "a full socket blocks the write, and the same bytes go on from anywhere") {
    connect();
    const std::string large(8 << 20, 'x');
    byte_view left = large;
    auto put = under_test->write({&left, 1});
    CHECK(put.state == io_state::done);
    CHECK(put.bytes < large.size());
    left.remove_prefix(put.bytes);
    CHECK(under_test->write({&left, 1}).state == io_state::blocked);
    CHECK_FALSE(under_test->socket().writable());
    std::string got = node_hears();
    while (!left.empty()) {
        loop.settle();
        const std::string elsewhere(left);
        const byte_view piece = elsewhere;
        put = under_test->write({&piece, 1});
        REQUIRE(put.state != io_state::broken);
        left.remove_prefix(put.bytes);
        got += node_hears();
    }
    CHECK(got == large);
}

TEST_CASE_METHOD(fixture,
                 "close_notify waits behind a record that did not fit, and a reader sends it") {
    connect();
    const std::string large(8 << 20, 'x');
    byte_view left = large;
    left.remove_prefix(under_test->write({&left, 1}).bytes);
    REQUIRE(under_test->write({&left, 1}).state == io_state::blocked);
    CHECK(under_test->shut_write() == io_state::blocked);
    std::string got = node_hears();
    loop.settle();
    CHECK(under_test->socket().readable());  // woken by room to write
    // The pending record has to leave before the alert can: whoever wrote it goes on first.
    while (!left.empty()) {
        const auto put = under_test->write({&left, 1});
        left.remove_prefix(put.bytes);
        got += node_hears();
        loop.settle();
    }
    read(64, io_state::blocked);
    got += node_hears();
    CHECK(got.size() == large.size());
    CHECK(node->ended());
}

TEST_CASE_METHOD(fixture, "a key update is taken in while the socket takes nothing more") {
    connect();
    const std::string large(8 << 20, 'x');
    byte_view left = large;
    left.remove_prefix(under_test->write({&left, 1}).bytes);
    SSL_key_update(node->ssl(), SSL_KEY_UPDATE_REQUESTED);  // wants one in return
    say("after the update");
    CHECK(read() == "after the update");
    std::string got = node_hears();
    while (!left.empty()) {
        loop.settle();
        const auto put = under_test->write({&left, 1});
        REQUIRE(put.state != io_state::broken);
        left.remove_prefix(put.bytes);
        got += node_hears();
    }
    CHECK(got.size() == large.size());
}

TEST_CASE_METHOD(fixture, "renegotiation is refused and the connection stays usable") {
    SSL_CTX_set_max_proto_version(theirs.get(), TLS1_2_VERSION);
    connect();
    CHECK(under_test->tls()->facts().protocol == "TLSv1.2");
    SSL_renegotiate(node->ssl());
    node->handshake();
    from_node();
    read(64, io_state::blocked);
    node_hears();
    const byte_view piece = "x";
    CHECK(under_test->write({&piece, 1}).bytes == 1);
}

TEST_CASE_METHOD(fixture, "plaintext from a node is never read as if it were an answer") {
    secure();
    CHECK(under_test->handshake() == io_state::blocked);
    pair.theirs.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    loop.settle();
    CHECK(under_test->handshake() == io_state::broken);
    CHECK(under_test->tls()->failure() == "not TLS");
    CHECK(under_test->handshake() == io_state::broken);
}

TEST_CASE_METHOD(fixture, "an end during the handshake is named") {
    secure();
    CHECK(under_test->handshake() == io_state::blocked);
    pair.theirs.close();
    loop.settle();
    CHECK(under_test->handshake() == io_state::broken);
    // over a Unix pair unread bytes make the close a reset
    CHECK_THAT(under_test->tls()->failure(),
               Catch::Matchers::Equals("closed during the handshake") ||
                   Catch::Matchers::Equals("Connection reset by peer"));
}

TEST_CASE_METHOD(fixture, "an alert of the other side is told in its words") {
    SSL_CTX_set_verify(theirs.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    secure();
    under_test->handshake();
    to_node();
    node->handshake();
    from_node();
    CHECK(under_test->handshake() == io_state::done);  // in TLS 1.3 the node judges afterwards
    to_node();
    CHECK_FALSE(node->handshake());
    from_node();
    read(64, io_state::broken);
    CHECK_THAT(under_test->tls()->failure(), Catch::Matchers::Contains("certificate required"));
    CHECK(under_test->tls()->protocol_failed());
}

TEST_CASE_METHOD(fixture, "an idle connection is stale when the node speaks or ends") {
    connect();
    CHECK_FALSE(under_test->stale());
    SECTION("speaks") { say("unasked"); }
    SECTION("says close_notify") {
        node->end();
        from_node();
    }
    SECTION("ends without") {
        pair.theirs.shut_write();
        loop.settle();
    }
    SECTION("sends a part of a record") {
        node->write("unasked");
        pair.theirs.send(node->give_out().substr(0, 12));
        loop.settle();
    }
    SECTION("sends the head of a record and no more") {
        node->write("unasked");
        pair.theirs.send(node->give_out().substr(0, 5));
        loop.settle();
    }
    SECTION("sends garbage") {
        pair.theirs.send("garbage!");
        loop.settle();
    }
    CHECK(under_test->stale());
}

TEST_CASE_METHOD(fixture, "bytes behind what was read make a connection stale too") {
    connect();
    say("answer+unasked");
    CHECK(read(6) == "answer");
    CHECK(under_test->stale());
}

TEST_CASE_METHOD(fixture, "session tickets and key updates do not make a connection stale") {
    agree();
    from_node();  // two tickets
    CHECK(under_test->socket().readable());
    CHECK_FALSE(under_test->stale());
    CHECK_FALSE(under_test->socket().readable());
    SSL_key_update(node->ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    node->handshake();
    from_node();
    CHECK_FALSE(under_test->stale());
    say("and it works");
    CHECK(read() == "and it works");
}
