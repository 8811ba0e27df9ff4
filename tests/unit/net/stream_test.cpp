// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "sluice/net/stream.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using sluice::byte_view;
using sluice::net::io_state;

namespace {

struct fixture {
    fake::loop loop;
    fake::socket_pair pair;
    sluice::net::stream stream{loop.worker, pair.ours.release()};
    std::array<char, 8> room{};

    fixture() { loop.settle(); }
    std::string read(io_state expected = io_state::done) {
        const auto got = stream.read(room);
        CHECK(got.state == expected);
        return {room.data(), got.bytes};
    }
};

}  // namespace

TEST_CASE_METHOD(fixture,
                 "a short read means that the kernel has no more, a full one that it may have") {
    read(io_state::blocked);
    pair.theirs.send("abc");
    loop.settle();
    CHECK(read() == "abc");
    CHECK_FALSE(stream.socket().readable());
    pair.theirs.send("12345678");
    loop.settle();
    CHECK(read() == "12345678");
    CHECK(stream.socket().readable());
    read(io_state::blocked);  // asked, and now it is known
    CHECK_FALSE(stream.socket().readable());
}

TEST_CASE_METHOD(fixture,
                 "what came before the end is read before the end, however short the reads") {
    pair.theirs.send("abcdefgh12");
    pair.theirs.close();
    loop.settle();
    CHECK(read() == "abcdefgh");
    CHECK(read() == "12");
    CHECK(read().empty());  // the end, without another event
    CHECK(read().empty());
}

TEST_CASE_METHOD(fixture, "the end behind a read that emptied the socket is not lost") {
    pair.theirs.send("abc");
    loop.settle();
    CHECK(read() == "abc");
    pair.theirs.close();
    loop.settle();
    CHECK(read().empty());
}

TEST_CASE_METHOD(fixture, "pieces leave in order, and a partial write says how far it came") {
    const byte_view pieces[] = {"one,", "", "two,", "three"};
    auto put = stream.write(pieces);
    CHECK(put.bytes == 13);
    CHECK(pair.theirs.receive() == "one,two,three");

    const std::string large(8 << 20, 'x');
    const byte_view half = large;
    put = stream.write({&half, 1});
    CHECK(put.state == io_state::done);
    CHECK(put.bytes < large.size());
    CHECK_FALSE(stream.socket().writable());
    CHECK(stream.write({&half, 1}).state == io_state::blocked);
    auto got = pair.theirs.receive().size();
    CHECK(got == put.bytes);
    loop.settle();
    CHECK(stream.socket().writable());
}

TEST_CASE_METHOD(fixture, "writing to an end that is gone breaks and raises no signal") {
    pair.theirs.close();
    loop.settle();
    const byte_view piece = "x";
    CHECK(stream.write({&piece, 1}).state == io_state::broken);
    CHECK(stream.socket().broken());
}

TEST_CASE_METHOD(fixture,
                 "an unused connection is stale as soon as the other side speaks or ends") {
    CHECK_FALSE(stream.stale());
    SECTION("speaks") { pair.theirs.send("x"); }
    SECTION("ends") { pair.theirs.shut_write(); }
    loop.settle();
    CHECK(stream.stale());
}
