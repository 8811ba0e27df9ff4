// SPDX-License-Identifier: Apache-2.0
// HTTP/2 nodes that answer with any bytes, cut anywhere. Three exchanges share the connection;
// whatever comes, a head that is taken is sound, a body that ends is as long as was said, and
// giving the exchanges back leaves nothing.
#include "fake/loop.hpp"
#include "fake/socket.hpp"
#include "http/h2/client_session.hpp"
#include "sluice/http/limits.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace {

namespace http = sluice::http;
using http::io_state;
using http::h2::client_session;

void require(bool holds) {
    if (!holds)
        std::abort();
}

struct keeper final : client_session::owner {
    void on_change(client_session&) noexcept override {}
};

struct exchange {
    client_session::stream_pointer stream;
    http::request_head request;
    http::response_head response;
    bool head_taken = false;
    bool over = false;
    std::uint64_t came = 0;

    void take(const http::limits& bounds) {
        while (!over && !head_taken) {
            const auto got = stream->take_head(response);
            if (got == io_state::blocked)
                return;
            over = got == io_state::broken;
            if (over)
                return;
            require(response.status >= 100 && response.status <= 999 && response.status != 101);
            require(response.fields.size() <= bounds.headers);
            for (const auto& one : response.fields)
                require(!one.name.empty() && one.name[0] != ':');
            head_taken = !response.informational();
        }
        for (http::chunk piece; !over;) {
            const auto got = stream->take_body(piece);
            if (got == io_state::blocked)
                return;
            over = got == io_state::broken || piece.last;
            came += piece.bytes.size();
            if (got == io_state::done && piece.last &&
                response.body.how == http::framing::kind::length)
                require(came == response.body.length);
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    if (size < 2)
        return 0;
    const auto how = input[0];
    const std::size_t cut = std::size_t{input[1]} * input[1] + 1;
    std::string_view left(reinterpret_cast<const char*>(input) + 2, size - 2);

    fake::loop loop;
    keeper owner;
    const http::limits bounds;
    fake::socket_pair pair;
    auto session = client_session::start(
        std::make_unique<sluice::net::stream>(loop.worker, pair.ours.release()), owner);
    auto node = std::move(pair.theirs);
    std::array<exchange, 3> all;
    for (auto& one : all) {
        one.request.method_name = &one == &all[2] ? "HEAD" : "GET";
        const auto verb = &one == &all[2] ? http::method::head : http::method::get;
        one.request.verb = verb;
        one.stream = client_session::open(session);
        one.stream->begin(verb, bounds);
        http::outgoing_request out;
        out.head = &one.request;
        out.path = "/a";
        out.authority = "h";
        one.stream->put_head(out);
        one.stream->flush();
    }
    loop.settle();
    while (!left.empty()) {
        const auto sent = node.send(left.substr(0, cut));
        left.remove_prefix(sent);
        loop.settle(4);
        node.receive();
        for (auto& one : all)
            one.take(bounds);
        if (sent == 0)
            break;
    }
    if ((how & 1) != 0) {
        node.close();
        loop.settle();
        for (auto& one : all) {
            one.take(bounds);
            require(one.over);
        }
    }
    for (auto& one : all)
        session->take_back(std::move(one.stream));
    loop.settle();
    require(session->active() == 0);
    session->leave();
    session.reset();
    loop.settle();
    return 0;
}
