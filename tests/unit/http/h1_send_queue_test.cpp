// SPDX-License-Identifier: Apache-2.0
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "http/h1/send_queue.hpp"
#include "http/rate_guard.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace std::chrono_literals;
using sluice::http::framing;
using sluice::http::io_state;
using sluice::http::rate_guard;
using sluice::http::h1::send_queue;

namespace {

struct fixture {
    fake::loop loop;
    fake::socket_pair pair;
    sluice::net::stream stream{loop.worker, pair.ours.release()};
    send_queue queue;

    fixture() { loop.settle(); }
    std::string sent() {
        const auto put = queue.write(stream);
        CHECK(put.state == io_state::done);
        return pair.theirs.receive();
    }
};

}  // namespace

TEST_CASE_METHOD(fixture,
                 "pieces leave in order and framed, small ones in one write with the head") {
    queue.buffer().append("head\r\n\r\n");
    queue.put({"abc"}, framing::kind::chunked);
    queue.put({""}, framing::kind::chunked);  // an empty piece is not the end of the body
    queue.put({"0123456789abcdef!", true}, framing::kind::chunked);
    CHECK(sent() == "head\r\n\r\n3\r\nabc\r\n11\r\n0123456789abcdef!\r\n0\r\n\r\n");
    CHECK(queue.empty());
    queue.put({"plain", true}, framing::kind::length);
    CHECK(sent() == "plain");
    queue.put({"", true}, framing::kind::chunked);
    CHECK(sent() == "0\r\n\r\n");
    queue.put({"", true}, framing::kind::length);
    CHECK(sent().empty());
}

TEST_CASE_METHOD(fixture, "trailers follow the last chunk") {
    sluice::http::header_list trailers;
    trailers.add("x-sum", "1");
    queue.put({"abc", true, &trailers}, framing::kind::chunked);
    CHECK(sent() == "3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n");
}

TEST_CASE("a socket that says done and took nothing is broken, one that is blocked is not") {
    send_queue queue;
    queue.buffer().append("head");
    CHECK(queue.took({io_state::blocked, 0}).state == io_state::blocked);
    CHECK(queue.took({io_state::done, 1}).state == io_state::blocked);
    CHECK(queue.took({io_state::done, 0}).state == io_state::broken);
    CHECK_FALSE(queue.empty());
    CHECK(queue.took({io_state::done, 3}).state == io_state::done);
    CHECK(queue.empty());
}

TEST_CASE_METHOD(fixture, "small pieces are copied at once, a large one when it could not leave") {
    std::string small = "small";
    queue.put({small}, framing::kind::length);
    small = "XXXXX";
    CHECK(sent() == "small");

    std::string large(3 << 20, 'a');
    const auto expected = "head" + large;
    queue.buffer().append("head");
    queue.put({large, true}, framing::kind::length);
    auto put = queue.write(stream);
    CHECK(put.state == io_state::blocked);
    std::fill(large.begin(), large.end(), 'X');  // no view is needed any more
    std::string got;
    for (int rounds = 0; rounds < 1'000 && !queue.empty(); ++rounds) {
        got += pair.theirs.receive();
        loop.settle(2);
        put = queue.write(stream);
    }
    got += pair.theirs.receive();
    CHECK(put.state == io_state::done);
    CHECK((got == expected));
}

TEST_CASE_METHOD(fixture, "a large piece behind another large one goes out whole and in order") {
    const std::string first(10'000, 'a');
    const std::string second(10'000, 'b');
    queue.put({first}, framing::kind::chunked);
    queue.put({second, true}, framing::kind::chunked);
    CHECK((sent() == "2710\r\n" + first + "\r\n2710\r\n" + second + "\r\n0\r\n\r\n"));
}

TEST_CASE_METHOD(fixture, "a queue whose other side is gone says broken") {
    pair.theirs.close();
    loop.settle();
    queue.put({"x"}, framing::kind::length);
    CHECK(queue.write(stream).state == io_state::broken);
}

TEST_CASE("the minimum rate is an average over the time waited, in windows of half a minute") {
    constexpr sluice::time_point start{1h};
    rate_guard guard;
    SECTION("a byte every 29 s is too slow once the window is over") {
        guard.wait_begins(start);
        CHECK(guard.moved(start + 29s, 1, 240));
        guard.wait_begins(start + 29s);
        CHECK_FALSE(guard.moved(start + 58s, 1, 240));
    }
    SECTION("enough bytes pass, and every window counts anew") {
        for (int window = 0; window < 3; ++window) {
            guard.wait_begins(start);
            CHECK(guard.moved(start + 30s, 30 * 240, 240));
        }
        guard.wait_begins(start);
        CHECK_FALSE(guard.moved(start + 30s, 30 * 240 - 1, 240));
    }
    SECTION("time in which nobody waited for the client does not count") {
        for (int i = 0; i < 100; ++i)
            CHECK(guard.moved(start + i * 1min, 1, 240));
    }
    SECTION("switched off") {
        guard.wait_begins(start);
        CHECK(guard.moved(start + 1h, 0, 0));
    }
}
