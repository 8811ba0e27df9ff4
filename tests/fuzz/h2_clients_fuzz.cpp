// SPDX-License-Identifier: Apache-2.0
// HTTP/2 clients that send any bytes, cut anywhere, and leave in one of three ways. Whatever they
// send, every request that reaches a handler has a sound head, every handler ends, and so does the
// connection.
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "http/server.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;
namespace http = sluice::http;
using http::io_state;
using sluice::runtime::task;
using sluice::runtime::wake;

void require(bool holds) {
    if (!holds)
        std::abort();
}

bool is_plain(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

void check(const http::request_head& head) {
    require(!head.path.empty() && (head.path[0] == '/' || head.path == "*"));
    require(is_plain(head.path) && is_plain(head.query) && is_plain(head.authority));
    require(head.received.major_number == 2);
    require(head.fields.size() <= http::limits{}.headers);
    for (const auto& one : head.fields) {
        require(!one.name.empty() && one.name[0] != ':' && is_plain(one.name));
        require(is_plain(one.value));
        require(one.id != http::field_id::content_length && one.id != http::field_id::host);
    }
}

// Answers with what it reads.
class echo final : public http::request_handler {
public:
    task<> handle(http::request_head& head, http::client_stream& client) override {
        ++running;
        check(head);
        http::response_head answer;
        answer.body = {http::framing::kind::chunked, 0};
        client.put_head(answer, "id");
        const auto announced = head.body;
        std::uint64_t came = 0;
        for (http::chunk piece; !piece.last;) {
            const auto got = client.take_body(piece);
            if (got == io_state::broken)
                break;
            came += piece.bytes.size();
            if (got == io_state::done)
                client.put_body(piece);
            auto sent = client.flush();
            while (sent == io_state::blocked && co_await client.output() == wake::ready)
                sent = client.flush();
            if (sent != io_state::done)
                break;
            if (got == io_state::blocked && co_await client.input() != wake::ready)
                break;
            if (piece.last && announced.how == http::framing::kind::length)
                require(came == announced.length);
        }
        if (!client.body_taken())
            client.reset();
        --running;
    }
    void refused(const http::refusal&) noexcept override {}

    int running = 0;
};

std::shared_ptr<http::server_settings> settings() {
    auto made = std::make_shared<http::server_settings>();
    made->listener.protocols = {http::client_protocol::h2c};
    return made;
}

constexpr std::string_view greeting("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    if (size < 2)
        return 0;
    const auto how = input[0];
    const std::size_t cut = std::size_t{input[1]} * input[1] + 1;
    std::string bytes((how & 1) != 0 ? std::string_view{} : greeting);
    bytes.append(reinterpret_cast<const char*>(input) + 2, size - 2);

    fake::loop loop;
    echo handler;
    {
        http::server server(loop.worker, settings(), handler, [] {});
        fake::socket_pair pair;
        server.adopt(pair.ours.release(), *sluice::net::address::parse("192.0.2.1:1"));
        auto client = std::move(pair.theirs);
        for (std::string_view left = bytes; !left.empty();) {
            const auto sent = client.send(left.substr(0, cut));
            left.remove_prefix(sent);
            loop.settle(4);
            client.receive();
            if (sent == 0)
                break;
        }
        if ((how & 2) != 0)
            client.close();
        else if ((how & 4) != 0)
            server.drain();
        loop.settle();
        client.receive();
        // Every deadline there is passes: nobody may be left.
        for (int i = 0; i < 12 && server.open() != 0; ++i) {
            loop.advance(40s);
            client.receive();
        }
        require(server.open() == 0);
        require(handler.running == 0);
    }
    return 0;
}
