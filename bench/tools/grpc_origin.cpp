// SPDX-License-Identifier: Apache-2.0
// The HTTP/2 server behind the proxies of the bench, with prior knowledge on a port of 127.0.0.1: one
// thread. Whatever body a POST brings goes back with 200, application/grpc and, as trailers,
// grpc-status 0: a unary gRPC call that echoes.
#include "h2_session.hpp"
#include "options.hpp"

#include <cstring>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

/// A fault on purpose, to see that the bench notices: every 50th answer.
enum class fault { none, status, body };

struct call {
    std::string body;
    std::size_t sent = 0;
};

class origin;

struct connection : bench::h2_connection {
    origin* whose = nullptr;
    std::unordered_map<std::int32_t, call> calls;
};

class origin {
public:
    origin(std::uint16_t port, fault wrong) : wrong_{wrong}, buffer_(256 * 1024) {
        make_callbacks();
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const auto where = bench::loopback(port);
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
            ::listen(listener_, 4096) != 0)
            bench::give_up("grpc_origin: listen");
        set_.add(listener_, nullptr);
    }

    void turn() {
        for (const auto& one : set_.wait(-1)) {
            if (one.data.ptr == nullptr)
                accept_all();
            else
                serve(*static_cast<connection*>(one.data.ptr), (one.events & EPOLLRDHUP) != 0);
        }
        dropped_.clear();
    }

private:
    void make_callbacks() {
        auto* set = callbacks_.get();
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            set, [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                    std::size_t size, void* of) {
                static_cast<connection*>(of)->calls[stream].body.append(
                    bench::h2_text(bytes, size));
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            set, [](nghttp2_session*, const nghttp2_frame* frame, void* of) {
                const bool is_request =
                    frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
                if (is_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
                    auto& one = *static_cast<connection*>(of);
                    one.whose->answer(one, frame->hd.stream_id);
                }
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            set, [](nghttp2_session*, std::int32_t stream, std::uint32_t, void* of) {
                static_cast<connection*>(of)->calls.erase(stream);
                return 0;
            });
    }

    void accept_all() {
        for (;;) {
            const int got = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (got < 0)
                return;
            auto one = std::make_unique<connection>();
            one->stream = bench::link{got, nullptr};
            one->whose = this;
            nghttp2_session* session = nullptr;
            if (nghttp2_session_server_new(&session, callbacks_.get(), one.get()) != 0)
                bench::give_up("nghttp2");
            one->session.reset(session);
            bench::submit_h2_settings(session);
            set_.add(got, one.get());
            connections_[got] = std::move(one);
        }
    }

    void serve(connection& one, bool ending) {
        if (!one.stream.open() || (one.take(buffer_, ending) && one.flush()))
            return;
        const int slot = one.stream.descriptor();
        one.stream.close();
        // Only after the turn: another event of it may name it.
        dropped_.push_back(std::move(connections_[slot]));
    }

    void answer(connection& one, std::int32_t stream) {
        auto& asked = one.calls[stream];
        const bool spoils = wrong_ != fault::none && ++answers_ % 50 == 0;
        if (spoils && wrong_ == fault::body && !asked.body.empty())
            asked.body.back() ^= 1;
        const std::array<nghttp2_nv, 3> fields{
            bench::h2_field(":status", spoils && wrong_ == fault::status ? "500" : "200"),
            bench::h2_field("content-type", "application/grpc"),
            bench::h2_field("server", "origin"),
        };
        nghttp2_data_provider body{};
        body.source.ptr = &asked;
        body.read_callback = [](nghttp2_session* session, std::int32_t of, std::uint8_t* into,
                                std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                                void*) -> ssize_t {
            auto& sending = *static_cast<call*>(source->ptr);
            const auto count = std::min(room, sending.body.size() - sending.sent);
            std::memcpy(into, sending.body.data() + sending.sent, count);
            sending.sent += count;
            if (sending.sent == sending.body.size()) {
                *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
                const auto status = bench::h2_field("grpc-status", "0");
                nghttp2_submit_trailer(session, of, &status, 1);
            }
            return static_cast<ssize_t>(count);
        };
        nghttp2_submit_response(one.session.get(), stream, fields.data(), fields.size(), &body);
    }

    fault wrong_;
    std::uint64_t answers_ = 0;
    int listener_ = -1;
    bench::h2_callbacks_ptr callbacks_ = bench::make_h2_callbacks();
    bench::poll_set set_;
    std::vector<char> buffer_;
    std::map<int, std::unique_ptr<connection>> connections_;  // by descriptor
    std::vector<std::unique_ptr<connection>> dropped_;
};

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{count, arguments, "--port N [--spoil status|body]"};
    const auto wrong = asked.text("spoil", "");
    origin server{static_cast<std::uint16_t>(asked.number("port", 0)),
                  wrong == "status" ? fault::status
                  : wrong == "body" ? fault::body
                                    : fault::none};
    for (;;)
        server.turn();
}
