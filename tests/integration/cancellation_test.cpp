// SPDX-License-Identifier: Apache-2.0
// Either side leaves, politely or not, at every step of a proxied request. Whatever it was: nothing
// is left behind (the sanitizer looks too), the other side hears of it within the grace, and the
// next request is served.
#include "fake/gateway_rig.hpp"
#include "sluice/base/random.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace std::chrono_literals;
using fake::gateway_rig;
using fake::settings_for;

namespace {

enum class step { connecting, sending, waiting_body, waiting_head, answering, tunnel };
enum class leaver { client, node };
enum class manner { politely, by_reset };

constexpr std::string_view upgrade =
    "GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::string_view switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

class story {
public:
    explicit story(std::uint64_t seed)
        : random_(seed), node_(std::make_unique<fake::node>()), rig_(settings()) {}

    void run(step at, leaver who, manner how) {
        client_ = rig_.connect();
        reach(at);
        leave(who == leaver::client ? client_ : upstream_, how);
        rig_.loop.settle();
        // The half-close grace. An orderly end behind bytes nobody reads does not arrive before the
        // send is given up.
        const bool unseen = at == step::sending && who == leaver::client && how == manner::politely;
        rig_.loop.advance((unseen ? 60s : 1s) + fake::past);
        if (who == leaver::client && upstream_) {
            upstream_.receive();
            CHECK(upstream_.at_end());
        }
        if (who == leaver::node) {
            accept_again();
            client_.receive();
            client_.shut_write();
        }
        rig_.loop.advance(20s);  // a lingering close, a connect that never came
        CHECK(rig_.server->open() == 0);
        CHECK(rig_.stats().open == rig_.stats().idle);
        if (at != step::connecting)
            next_request_works();
    }

private:
    sluice::app::settings settings() {
        auto all = settings_for({node_.get()});
        all.services[0].retries.attempts = 1;
        return all;
    }

    std::string piece() { return std::string(1 + random_.next() % 70'000, 'b'); }

    void reach(step at) {
        switch (at) {
        case step::connecting:
            fill_queue();
            rig_.send(client_,
                      "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + piece());
            return;
        case step::sending:  // the node reads nothing until its window is full
            rig_.send(client_, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
            while (client_.send(std::string(1 << 18, 'b')) != 0)
                rig_.loop.settle(2);
            break;
        case step::waiting_body:
            rig_.send(client_,
                      random_.next() % 2 == 0
                          ? "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" +
                                piece()
                          : "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                            "chunked\r\n\r\n5\r\nhello\r\n");
            break;
        case step::waiting_head:
            rig_.send(client_, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
            break;
        case step::answering:
            rig_.send(client_, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
            upstream_ = node_->accept();
            rig_.send(upstream_, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + piece());
            return;
        case step::tunnel:
            rig_.send(client_, upgrade);
            upstream_ = node_->accept();
            rig_.send(upstream_, std::string(switching) + piece());
            rig_.send(client_, piece());
            return;
        }
        upstream_ = node_->accept();
        REQUIRE(upstream_);
    }

    // A listening queue that is full: the kernel drops what comes, and connecting takes for ever.
    void fill_queue() {
        ::listen(node_->fd(), 0);
        for (auto& one : fillers_) {
            one = fake::socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            sockaddr_storage raw{};
            const auto size = node_->address().to_sockaddr(raw);
            ::connect(one.fd(), reinterpret_cast<sockaddr*>(&raw), size);
        }
    }

    static void leave(fake::socket& one, manner how) {
        if (how == manner::by_reset)
            one.reset();
        else
            one.close();
    }

    // An idempotent request may have been sent again: this time the node never answers, until the
    // test ends it.
    void accept_again() {
        if (auto again = node_->accept())
            again.reset();
        rig_.loop.settle();
    }

    void next_request_works() {
        auto client = rig_.connect();
        rig_.send(client, fake::get);
        auto upstream = node_->accept();
        REQUIRE(upstream);
        rig_.send(upstream, fake::empty_answer);
        CHECK(client.receive().rfind("HTTP/1.1 200", 0) == 0);
    }

    sluice::random_source random_;
    std::unique_ptr<fake::node> node_;
    gateway_rig rig_;
    fake::socket client_;
    fake::socket upstream_;
    fake::socket fillers_[2];
};

void run_all(step at) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
        for (const auto who : {leaver::client, leaver::node})
            for (const auto how : {manner::politely, manner::by_reset}) {
                if (at == step::connecting && who == leaver::node)
                    continue;  // it was never there
                INFO("seed " << seed << (who == leaver::client ? ", the client" : ", the node")
                             << (how == manner::by_reset ? " resets" : " closes"));
                story(seed).run(at, who, how);
            }
}

}  // namespace

TEST_CASE("somebody leaves while the connection to the node is being made") {
    run_all(step::connecting);
}
TEST_CASE("somebody leaves while the node does not take the request") { run_all(step::sending); }
TEST_CASE("somebody leaves in the middle of the request body") { run_all(step::waiting_body); }
TEST_CASE("somebody leaves while the response head is awaited") { run_all(step::waiting_head); }
TEST_CASE("somebody leaves in the middle of the response") { run_all(step::answering); }
TEST_CASE("somebody leaves a tunnel") { run_all(step::tunnel); }
