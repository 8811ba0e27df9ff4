// SPDX-License-Identifier: Apache-2.0
// The server behind the proxies of the bench: one thread, an edge-triggered set, plain HTTP/1.1 and
// TLS on ports of 127.0.0.1. GET of anything: 64 bytes; /bytes/N: N bytes; /sse/RATE: an event
// stream that tells when each event was sent; /ws: a WebSocket that echoes. Bodies of POST and PUT
// are compared with the pattern and answered 400 where they differ.
#include "link.hpp"
#include "options.hpp"
#include "pattern.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>

#include <ctime>
#include <memory>
#include <queue>
#include <string>
#include <vector>

namespace {

using bench::again;
using bench::over;

/// A fault on purpose, to see that the bench notices: every 50th answer has another status or one
/// wrong byte.
enum class fault { none, status, body };

struct request {
    std::string_view method;
    std::string_view path;
    std::string_view websocket_key;
    std::uint64_t length = 0;
    bool close = false;
    bool chunked = false;
};

std::uint64_t number(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char one : digits) {
        if (one < '0' || one > '9')
            break;
        value = value * 10 + static_cast<std::uint64_t>(one - '0');
    }
    return value;
}

bool same_word(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void read_field(std::string_view line, request& into) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
        return;
    const auto name = line.substr(0, colon);
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (same_word(name, "content-length"))
        into.length = number(value);
    else if (same_word(name, "connection"))
        into.close = same_word(value, "close");
    else if (same_word(name, "transfer-encoding"))
        into.chunked = true;
    else if (same_word(name, "sec-websocket-key"))
        into.websocket_key = value;
}

request read_head(std::string_view head) {
    request got;
    auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    got.method = line.substr(0, first);
    got.path = line.substr(first + 1, second - first - 1);
    while (end != std::string_view::npos) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        read_field(head.substr(0, end), got);
    }
    return got;
}

std::string websocket_accept(std::string_view key) {
    const std::string text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 32> encoded{};
    const int length = EVP_EncodeBlock(encoded.data(), digest.data(), SHA_DIGEST_LENGTH);
    return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

struct connection {
    bench::link stream;
    std::string in;   // what is not understood yet
    std::string out;  // what is written before `body`
    std::uint64_t body_at = 0, body_left = 0;
    std::uint64_t reading_at = 0, reading_left = 0;  // of a request's body
    bool reading_is_good = true;
    bool websocket = false;
    bool last = false;  // close when all is written
    std::uint64_t events = 0;
    std::int64_t period = 0;
};

class origin {
public:
    explicit origin(fault wrong) : wrong_{wrong}, buffer_(256 * 1024) { renew_date(); }

    void listen(const sockaddr_in& where, SSL_CTX* context) {
        const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (::bind(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
            ::listen(made, 4096) != 0)
            bench::give_up("origin: listen");
        listeners_.push_back(std::make_unique<listener>(listener{made, context}));
        set_.add(made, listeners_.back().get());
    }

    void turn() {
        const auto ready = set_.wait(until_next_event());
        renew_date();
        for (const auto& one : ready) {
            if (auto* from = listener_of(one.data.ptr))
                accept_all(*from);
            else
                serve(*static_cast<connection*>(one.data.ptr), (one.events & EPOLLRDHUP) != 0);
        }
        send_events();
        bury();
    }

private:
    struct listener {
        int descriptor;
        SSL_CTX* context;
    };
    struct due {
        std::int64_t at;
        std::shared_ptr<connection> whom;
        bool operator<(const due& other) const { return at > other.at; }
    };

    listener* listener_of(void* whose) {
        for (const auto& one : listeners_)
            if (one.get() == whose)
                return one.get();
        return nullptr;
    }

    void accept_all(const listener& from) {
        for (;;) {
            const int got =
                ::accept4(from.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (got < 0)
                return;
            bench::ssl_ptr tls;
            if (from.context != nullptr) {
                tls.reset(SSL_new(from.context));
                SSL_set_accept_state(tls.get());
            }
            auto one = std::make_shared<connection>();
            one->stream = bench::link{got, std::move(tls)};
            if (connections_.size() <= static_cast<std::size_t>(got))
                connections_.resize(static_cast<std::size_t>(got) + 1);
            set_.add(got, one.get());
            connections_[static_cast<std::size_t>(got)] = std::move(one);
        }
    }

    /// Reads what is there, answers what is whole, writes what goes. `ending`: the other side said
    /// that it is done, which a short read would not show.
    void serve(connection& one, bool ending) {
        if (!one.stream.open())
            return;
        bool empty = false;
        while (!empty && !one.last) {
            const auto got = one.stream.read(buffer_);
            if (got == over)
                return drop(one);
            if (got == again)
                break;
            empty = one.stream.drained(got, buffer_.size()) && !ending;
            take(one, {buffer_.data(), static_cast<std::size_t>(got)});
            if (!flush(one))
                return drop(one);
        }
        if (!flush(one))
            drop(one);
    }

    void take(connection& one, std::string_view bytes) {
        if (!one.in.empty()) {
            one.in.append(bytes);
            const auto whole = std::move(one.in);
            one.in = whole.substr(understand(one, whole));
        } else if (const auto used = understand(one, bytes); used < bytes.size()) {
            one.in = bytes.substr(used);
        }
    }

    /// How many of the bytes made sense.
    std::size_t understand(connection& one, std::string_view bytes) {
        std::size_t used = 0;
        while (used < bytes.size() && !one.last) {
            const auto rest = bytes.substr(used);
            const auto step = one.websocket           ? take_frame(one, rest)
                              : one.reading_left != 0 ? take_body(one, rest)
                                                      : take_head(one, rest);
            if (step == 0)
                break;
            used += step;
        }
        return used;
    }

    std::size_t take_head(connection& one, std::string_view bytes) {
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos)
            return 0;
        const auto got = read_head(bytes.substr(0, end));
        one.last = got.close;
        if (got.chunked)
            refuse(one, "501 Not Implemented");
        else if (got.method == "POST" || got.method == "PUT")
            begin_reading(one, got.length);
        else if (got.path.starts_with("/sse/"))
            begin_events(one, number(got.path.substr(5)));
        else if (got.path == "/ws")
            begin_websocket(one, got.websocket_key);
        else
            answer(one, got.path.starts_with("/bytes/") ? number(got.path.substr(7)) : 64);
        return end + 4;
    }

    void begin_reading(connection& one, std::uint64_t length) {
        one.reading_at = 0;
        one.reading_left = length;
        one.reading_is_good = true;
        if (length == 0)
            answer_text(one, "ok 0\n");
    }

    std::size_t take_body(connection& one, std::string_view bytes) {
        const auto count = std::min<std::uint64_t>(bytes.size(), one.reading_left);
        one.reading_is_good =
            one.reading_is_good && pattern_.matches(one.reading_at, bytes.substr(0, count));
        one.reading_at += count;
        one.reading_left -= count;
        if (one.reading_left == 0 && one.reading_is_good)
            answer_text(one, "ok " + std::to_string(one.reading_at) + "\n");
        else if (one.reading_left == 0)
            refuse(one, "400 Bad Request");
        return count;
    }

    bool is_spoiled(fault kind) { return wrong_ == kind && ++answers_ % 50 == 0; }

    void put_head(connection& one, std::string_view status, std::string_view fields) {
        one.out.append("HTTP/1.1 ").append(status).append("\r\nServer: origin\r\nDate: ");
        one.out.append(date_).append("\r\n").append(fields);
        if (one.last)
            one.out.append("Connection: close\r\n");
        one.out.append("\r\n");
    }

    void put_sized_head(connection& one, std::string_view status, std::uint64_t length) {
        put_head(one, status,
                 "Content-Type: application/octet-stream\r\nContent-Length: " +
                     std::to_string(length) + "\r\n");
    }

    void refuse(connection& one, std::string_view status) {
        one.last = true;
        put_sized_head(one, status, 0);
    }

    void answer_text(connection& one, std::string_view text) {
        put_sized_head(one, is_spoiled(fault::status) ? "500 Spoiled" : "200 OK", text.size());
        one.out.append(text);
        if (is_spoiled(fault::body))
            one.out.back() ^= 1;
    }

    void answer(connection& one, std::uint64_t length) {
        put_sized_head(one, is_spoiled(fault::status) ? "500 Spoiled" : "200 OK", length);
        // The head takes the first bytes with it: a small answer is one write.
        const auto at_once = std::min<std::uint64_t>(length, 16 * 1024);
        one.out.append(pattern_.at(0, at_once));
        if (length > 0 && is_spoiled(fault::body))
            one.out.back() ^= 1;
        one.body_at = at_once;
        one.body_left = length - at_once;
    }

    void begin_websocket(connection& one, std::string_view key) {
        one.websocket = true;
        one.last = false;
        one.out.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
        one.out.append(websocket_accept(key)).append("\r\n\r\n");
    }

    /// One masked frame of at most 64 KiB, sent back without its mask.
    std::size_t take_frame(connection& one, std::string_view bytes) {
        if (bytes.size() < 2)
            return 0;
        const auto at = [&](std::size_t n) { return static_cast<unsigned char>(bytes[n]); };
        std::size_t length = at(1) & 0x7fU;
        std::size_t head = 2;
        if (length == 126 && bytes.size() >= 4) {
            length = (static_cast<std::size_t>(at(2)) << 8U) | at(3);
            head = 4;
        }
        const bool is_masked = (at(1) & 0x80U) != 0;
        if (!is_masked || length == 127) {
            one.last = true;
            return bytes.size();
        }
        if (bytes.size() < head + 4 + length)
            return 0;
        if ((at(0) & 0x0fU) == 8)
            one.last = true;
        one.out.push_back(bytes[0]);
        if (head == 2) {
            one.out.push_back(static_cast<char>(length));
        } else {
            one.out.push_back(126);
            one.out.append(bytes.substr(2, 2));
        }
        for (std::size_t n = 0; n < length; ++n)
            one.out.push_back(static_cast<char>(at(head + 4 + n) ^ at(head + n % 4)));
        if (length > 0 && is_spoiled(fault::body))
            one.out.back() ^= 1;
        return head + 4 + length;
    }

    void begin_events(connection& one, std::uint64_t rate) {
        one.last = false;
        put_head(one, "200 OK",
                 "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                 "Transfer-Encoding: chunked\r\n");
        one.period = 1'000'000'000 / static_cast<std::int64_t>(std::max<std::uint64_t>(rate, 1));
        // Streams that began together do not send together.
        phase_ = (phase_ + 618'033'989) % 1'000'000'000;
        const auto wait = one.period / 1000 * (phase_ / 1'000'000);
        const auto& held = connections_[static_cast<std::size_t>(one.stream.descriptor())];
        events_.push({bench::now_ns() + wait, held});
    }

    std::int64_t until_next_event() const {
        if (events_.empty())
            return -1;
        return std::max<std::int64_t>(events_.top().at - bench::now_ns(), 0);
    }

    void send_events() {
        while (!events_.empty() && events_.top().at <= bench::now_ns()) {
            due next = events_.top();
            events_.pop();
            if (!next.whom->stream.open())
                continue;
            connection& one = *next.whom;
            std::array<char, 160> text{};
            const auto sequence = one.events++ + (is_spoiled(fault::body) ? 1 : 0);
            const int length =
                std::snprintf(text.data(), text.size(), "63\r\ndata: %010llu %019lld %060d\n\n\r\n",
                              static_cast<unsigned long long>(sequence),
                              static_cast<long long>(bench::now_ns()), 0);
            one.out.append(text.data(), static_cast<std::size_t>(length));
            if (!flush(one))
                drop(one);
            next.at += one.period;
            events_.push(std::move(next));
        }
    }

    /// False: the connection is done with.
    bool flush(connection& one) {
        while (!one.out.empty()) {
            const auto sent = one.stream.write(one.out);
            if (sent == over)
                return false;
            if (sent == again)
                return true;
            if (static_cast<std::size_t>(sent) == one.out.size())
                one.out.clear();
            else
                one.out.erase(0, static_cast<std::size_t>(sent));
        }
        while (one.body_left > 0) {
            const auto count = std::min<std::uint64_t>(one.body_left, 256 * 1024);
            const auto sent = one.stream.write(pattern_.at(one.body_at, count));
            if (sent == over)
                return false;
            if (sent == again)
                return true;
            one.body_at += static_cast<std::uint64_t>(sent);
            one.body_left -= static_cast<std::uint64_t>(sent);
        }
        return !(one.last && one.reading_left == 0);
    }

    void drop(connection& one) {
        const auto slot = static_cast<std::size_t>(one.stream.descriptor());
        one.stream.close();
        dropped_.push_back(std::move(connections_[slot]));
    }

    /// Only after the turn: another event of it may name them.
    void bury() { dropped_.clear(); }

    void renew_date() {
        const auto now = std::time(nullptr);
        if (now == date_second_)
            return;
        date_second_ = now;
        std::array<char, 40> text{};
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        const auto length =
            std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        date_.assign(text.data(), length);
    }

    fault wrong_;
    std::uint64_t answers_ = 0;
    bench::pattern pattern_;
    bench::poll_set set_;
    std::vector<char> buffer_;
    std::vector<std::unique_ptr<listener>> listeners_;
    std::vector<std::shared_ptr<connection>> connections_;  // by descriptor
    std::vector<std::shared_ptr<connection>> dropped_;
    std::priority_queue<due> events_;
    std::int64_t phase_ = 0;
    std::time_t date_second_ = 0;
    std::string date_;
};

fault fault_of(std::string_view word) {
    return word == "status" ? fault::status : word == "body" ? fault::body : fault::none;
}

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{count, arguments,
                               "--port N [--addresses N] [--tls-port N --certificate FILE --key "
                               "FILE] [--spoil status|body]"};
    origin server{fault_of(asked.text("spoil", ""))};
    const auto port = static_cast<std::uint16_t>(asked.number("port", 0));
    for (std::uint32_t nth = 0; nth < asked.number("addresses", 1); ++nth)
        server.listen(bench::loopback(port, nth), nullptr);
    bench::context_ptr context;
    if (asked.number("tls-port", 0) != 0) {
        context = bench::make_context(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(context.get(),
                                               asked.text("certificate", "").c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context.get(), asked.text("key", "").c_str(),
                                        SSL_FILETYPE_PEM) != 1) {
            std::fputs("origin: no such certificate or key\n", stderr);
            return 1;
        }
        server.listen(bench::loopback(static_cast<std::uint16_t>(asked.number("tls-port", 0))),
                      context.get());
    }
    for (;;)
        server.turn();
}
