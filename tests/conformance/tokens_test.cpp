// SPDX-License-Identifier: Apache-2.0
// No answer ever reaches another request: clients send tokens nobody else sends to a node that
// echoes them and misbehaves at random, from a fixed seed.
#include "raw_client.hpp"
#include "running_gateway.hpp"
#include "sluice/base/random.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include <atomic>
#include <list>
#include <thread>
#include <vector>

namespace sluice::conformance {

namespace {

constexpr unsigned clients = 8;
constexpr unsigned requests_each = 300;

// One connection of a node that answers each request with its own token, or breaks off in one of
// many ways.
void answer_badly(raw_socket socket, std::uint64_t seed) {
    random_source random(seed);
    std::string in;
    for (message got;;) {
        while (read_message(in, body_rule::request, got) != progress::whole)
            if (socket.receive(in, std::chrono::minutes(1)) != received::bytes)
                return;
        in.erase(0, got.size);
        const auto reply =
            fmt::format("HTTP/1.1 200 OK\r\nX-Token: {}\r\nContent-Length: {}\r\n\r\n{}",
                        got.field("X-Token").value_or("none"), got.body.size(), got.body);
        switch (random.next() % 12) {
        case 0:
            return;
        case 1:
            return socket.reset();
        case 2:
            socket.send(reply.substr(0, random.next() % reply.size()));
            return;
        case 3:
            socket.send(reply +
                        "HTTP/1.1 200 OK\r\nX-Token: evil\r\nContent-Length: 4\r\n\r\nevil");
            break;
        case 4:
            socket.send(reply);
            return;
        case 5:
            std::this_thread::yield();
            socket.send(reply.substr(0, 20));
            std::this_thread::yield();
            socket.send(reply.substr(20));
            break;
        default:
            socket.send(reply);
        }
    }
}

class random_node {
public:
    random_node() : listening_(raw_socket::bind()) {
        listening_.listen();
        accepting_ = std::thread([this] {
            for (int fd; (fd = ::accept(listening_.fd(), nullptr, nullptr)) >= 0;)
                serving_.emplace_back(
                    [fd, seed = serving_.size()] { answer_badly(raw_socket(fd), seed); });
        });
    }
    /// After the gateway ended, which ends every connection.
    ~random_node() {
        ::shutdown(listening_.fd(), SHUT_RDWR);
        accepting_.join();
        for (auto& one : serving_)
            one.join();
    }
    std::string address() const { return fmt::format("127.0.0.1:{}", listening_.port()); }

private:
    raw_socket listening_;
    std::list<std::thread> serving_;
    std::thread accepting_;
};

struct tally {
    std::atomic<unsigned> own{0}, foreign{0}, others{0};
};

void send_tokens(std::uint16_t port, unsigned number, tally& counts) {
    raw_client client(port);
    for (unsigned i = 0; i < requests_each; ++i) {
        const auto token = fmt::format("{}-{}", number, i);
        const auto method = i % 3 == 0 ? "POST" : "PUT";
        client.send(
            fmt::format("{} / HTTP/1.1\r\nHost: a\r\nX-Token: {}\r\nContent-Length: {}\r\n\r\n{}",
                        method, token, token.size(), token));
        const auto got = client.read();
        if (got.how == ending::whole && got.status() == 200)
            ++(got.field("X-Token") == token && got.body == token ? counts.own : counts.foreign);
        else
            ++counts.others;
        if (got.how != ending::whole || got.field("Connection") == "close")
            client = raw_client(port);
    }
}

}  // namespace

TEST_CASE("every answer that arrives whole carries its own request's token") {
    random_node node;
    running_gateway gateway({.nodes = node.address()});
    tally counts;
    std::vector<std::thread> threads;
    for (unsigned number = 0; number < clients; ++number)
        threads.emplace_back([&, number] { send_tokens(gateway.port(), number, counts); });
    for (auto& one : threads)
        one.join();
    CHECK(counts.foreign == 0);
    CHECK(counts.own > clients * requests_each / 2);
    CHECK(counts.own + counts.others == clients * requests_each);
}

}  // namespace sluice::conformance
