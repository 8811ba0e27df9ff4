// SPDX-License-Identifier: Apache-2.0
// A closed loop of HTTP/2 requests: so many streams at once on so many connections, over TLS or with
// prior knowledge. A GET whose body is compared byte by byte, or, with --grpc, unary calls whose
// answers and grpc-status are compared. Every connection has had a request before the clock runs.
#include "h2_session.hpp"
#include "options.hpp"
#include "pattern.hpp"
#include "report.hpp"

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct wishes {
    std::uint16_t port = 0;
    std::size_t connections = 0;
    std::size_t streams = 0;    // at once on each
    std::uint64_t expect = 0;   // bytes of a body, of the pattern
    std::uint64_t message = 0;  // bytes of a gRPC message, both ways
    std::string path;
    bool grpc = false;
    SSL_CTX* tls = nullptr;
};

class load;

struct connection : bench::h2_connection {
    load* whose = nullptr;
    std::size_t open = 0;  // streams
    bool broken = false;
};

struct request {
    std::int64_t begun = 0;
    int status = 0;
    int grpc_status = -1;
    std::uint64_t got = 0;
    std::uint64_t sent = 0;
    bool wrong = false;
};

class load {
public:
    explicit load(wishes wanted)
        : wanted_{std::move(wanted)}, connections_(wanted_.connections), buffer_(256 * 1024) {
        const std::array<char, 5> head{
            0, static_cast<char>(wanted_.message >> 24U), static_cast<char>(wanted_.message >> 16U),
            static_cast<char>(wanted_.message >> 8U), static_cast<char>(wanted_.message)};
        call_.assign(head.data(), head.size());
        call_.append(pattern_.at(0, wanted_.message));
        make_callbacks();
    }

    /// Each connection fills its streams once.
    void warm_up() {
        for (auto& one : connections_)
            open(one);
        const auto until = bench::now_ns() + 30'000'000'000;
        warming_ = connections_.size() * wanted_.streams;
        for (auto& one : connections_)
            fill(one);
        while (busy_ > 0 && report_.errors() == 0) {
            turn(until);
            if (bench::now_ns() > until)
                report_.wrong("no answer within 30 s");
        }
        if (report_.errors() == 0)
            report_.clear();
    }

    /// Until the time is over or so many requests are begun, then until the last is answered.
    void run(double seconds, std::uint64_t requests) {
        const auto begun = bench::now_ns();
        deadline_ = begun + static_cast<std::int64_t>(seconds * 1e9);
        left_ = requests;
        warm_ = true;
        for (auto& one : connections_)
            fill(one);
        const auto limit = deadline_ + 20'000'000'000;
        while (busy_ > 0 && report_.errors() <= most_errors && bench::now_ns() < limit)
            turn(limit);
        if (busy_ > 0)
            report_.wrong("requests were not answered");
        report_.print(static_cast<double>(bench::now_ns() - begun) / 1e9);
    }

private:
    static constexpr std::uint64_t most_errors = 1000;

    void make_callbacks() {
        auto* set = callbacks_.get();
        nghttp2_session_callbacks_set_on_header_callback(
            set, [](nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* of) {
                static_cast<connection*>(of)->whose->take_field(
                    request_of(session, frame->hd.stream_id), bench::h2_text(name, name_size),
                    bench::h2_text(value, value_size));
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            set, [](nghttp2_session* session, std::uint8_t, std::int32_t stream,
                    const std::uint8_t* bytes, std::size_t size, void* of) {
                static_cast<connection*>(of)->whose->take_body(request_of(session, stream),
                                                               bench::h2_text(bytes, size));
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            set, [](nghttp2_session* session, std::int32_t stream, std::uint32_t code, void* of) {
                auto& one = *static_cast<connection*>(of);
                one.whose->ended(one, request_of(session, stream), code);
                return 0;
            });
    }

    static request* request_of(nghttp2_session* session, std::int32_t stream) {
        return static_cast<request*>(nghttp2_session_get_stream_user_data(session, stream));
    }

    void open(connection& one) {
        const int made = bench::begin_connecting(wanted_.port);
        bench::ssl_ptr tls;
        if (wanted_.tls != nullptr) {
            tls.reset(SSL_new(wanted_.tls));
            SSL_set_connect_state(tls.get());
            SSL_set_tlsext_host_name(tls.get(), "site.test");
        }
        one.stream = bench::link{made, std::move(tls)};
        one.whose = this;
        nghttp2_session* session = nullptr;
        if (nghttp2_session_client_new(&session, callbacks_.get(), &one) != 0)
            bench::give_up("nghttp2");
        one.session.reset(session);
        bench::submit_h2_settings(session);
        set_.add(made, &one);
    }

    void turn(std::int64_t until) {
        for (const auto& event : set_.wait(std::max<std::int64_t>(until - bench::now_ns(), 0))) {
            auto& one = *static_cast<connection*>(event.data.ptr);
            if (!one.stream.open())
                continue;
            const bool ending = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
            const bool lives = one.flush() && one.take(buffer_, ending);
            fill(one);
            if (!lives || !one.flush())
                give_up_on(one);
        }
    }

    bool more_is_wanted() {
        if (!warm_)
            return warming_ > 0 && warming_-- > 0;
        if (left_ == 0 || bench::now_ns() >= deadline_)
            return false;
        --left_;
        return true;
    }

    void fill(connection& one) {
        while (!one.broken && one.open < wanted_.streams && more_is_wanted())
            begin(one);
        if (!one.broken && one.stream.open())
            one.flush();
    }

    void begin(connection& one) {
        request* made = take_request();
        made->begun = bench::now_ns();
        const std::array<nghttp2_nv, 8> fields{
            bench::h2_field(":method", wanted_.grpc ? "POST" : "GET"),
            bench::h2_field(":scheme", wanted_.tls != nullptr ? "https" : "http"),
            bench::h2_field(":authority", "site.test"),
            bench::h2_field(":path", wanted_.path),
            bench::h2_field("user-agent", "bench"),
            bench::h2_field("accept", "*/*"),
            bench::h2_field("content-type", "application/grpc"),
            bench::h2_field("te", "trailers"),
        };
        nghttp2_data_provider body{};
        body.source.ptr = made;
        body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* into,
                                std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                                void* of) -> ssize_t {
            return static_cast<connection*>(of)->whose->give_body(
                *static_cast<request*>(source->ptr), into, room, *flags);
        };
        const auto stream =
            nghttp2_submit_request(one.session.get(), nullptr, fields.data(), wanted_.grpc ? 8 : 6,
                                   wanted_.grpc ? &body : nullptr, made);
        if (stream < 0) {
            report_.wrong("no more streams");
            free_.push_back(made);
            one.broken = true;
            return;
        }
        ++one.open;
        ++busy_;
    }

    request* take_request() {
        if (free_.empty()) {
            all_.push_back(std::make_unique<request>());
            free_.push_back(all_.back().get());
        }
        request* made = free_.back();
        free_.pop_back();
        *made = {};
        return made;
    }

    ssize_t give_body(request& one, std::uint8_t* into, std::size_t room, std::uint32_t& flags) {
        const auto count = std::min<std::uint64_t>(room, call_.size() - one.sent);
        std::memcpy(into, call_.data() + one.sent, count);
        one.sent += count;
        if (one.sent == call_.size())
            flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(count);
    }

    static void take_field(request* one, std::string_view name, std::string_view value) {
        if (one == nullptr)
            return;
        if (name == ":status")
            one->status = std::atoi(std::string{value}.c_str());
        else if (name == "grpc-status")
            one->grpc_status = std::atoi(std::string{value}.c_str());
    }

    void take_body(request* one, std::string_view bytes) {
        if (one == nullptr)
            return;
        const auto right = wanted_.grpc ? one->got + bytes.size() <= call_.size() &&
                                              call_.compare(one->got, bytes.size(), bytes) == 0
                                        : pattern_.matches(one->got, bytes);
        one->wrong = one->wrong || !right;
        one->got += bytes.size();
    }

    void ended(connection& one, request* asked, std::uint32_t code) {
        if (asked == nullptr)
            return;
        --one.open;
        --busy_;
        const auto expected = wanted_.grpc ? call_.size() : wanted_.expect;
        if (code != NGHTTP2_NO_ERROR)
            report_.wrong("a stream was reset with " + std::to_string(code));
        else if (asked->status != 200)
            report_.wrong("status " + std::to_string(asked->status));
        else if (wanted_.grpc && asked->grpc_status != 0)
            report_.wrong("grpc-status " + std::to_string(asked->grpc_status));
        else if (asked->wrong)
            report_.wrong("a wrong byte in the body");
        else if (asked->got != expected)
            report_.wrong("a body of another length");
        else
            report_.done(bench::now_ns() - asked->begun);
        free_.push_back(asked);
    }

    void give_up_on(connection& one) {
        one.stream.close();
        one.broken = true;
        if (one.open > 0 || !warm_)
            report_.wrong("the connection ended");
        busy_ -= one.open;
        one.open = 0;
    }

    wishes wanted_;
    std::string call_;  // a gRPC message with its head
    bench::h2_callbacks_ptr callbacks_ = bench::make_h2_callbacks();
    std::vector<connection> connections_;
    std::vector<std::unique_ptr<request>> all_;
    std::vector<request*> free_;
    std::vector<char> buffer_;
    bench::pattern pattern_;
    bench::poll_set set_;
    bench::report report_;
    std::size_t busy_ = 0;
    std::size_t warming_ = 0;
    std::uint64_t left_ = 0;
    std::int64_t deadline_ = 0;
    bool warm_ = false;
};

constexpr const char* usage =
    "--port N [--connections N] [--streams N] [--seconds S | --requests N] [--path /P]\n"
    "  [--expect BYTES] [--grpc [--message BYTES]] [--tls]";

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{count, arguments, usage};
    bench::context_ptr tls;
    if (asked.has("tls")) {
        tls = bench::make_client_context();
        constexpr std::array<unsigned char, 3> h2{2, 'h', '2'};
        SSL_CTX_set_alpn_protos(tls.get(), h2.data(), h2.size());
    }
    wishes wanted;
    wanted.port = static_cast<std::uint16_t>(asked.number("port", 0));
    wanted.connections = asked.number("connections", 8);
    wanted.streams = asked.number("streams", 32);
    wanted.expect = asked.number("expect", 64);
    wanted.message = asked.number("message", 64);
    wanted.grpc = asked.has("grpc");
    wanted.path = asked.text("path", wanted.grpc ? "/bench.Bench/Echo" : "/");
    wanted.tls = tls.get();
    load one{wanted};
    one.warm_up();
    bench::wait_for_go();
    one.run(asked.seconds("seconds", 1e6), asked.number("requests", UINT64_MAX));
    bench::wait_for_end();
}
