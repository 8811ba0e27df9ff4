// SPDX-License-Identifier: Apache-2.0
// A closed loop of HTTP/1.1 requests on so many connections, plain or TLS, kept alive or one a
// request, with every status and every byte of every body compared. Each connection has had a
// request before the clock runs, and none is under way when it stops.
#include "link.hpp"
#include "options.hpp"
#include "pattern.hpp"
#include "report.hpp"
#include "response.hpp"

#include <deque>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace {

using bench::again;
using bench::moved;
using bench::over;

struct wishes {
    std::uint16_t port = 0;
    std::uint64_t post = 0;    // bytes of the request's body
    std::uint64_t expect = 0;  // bytes of the response's body, of the pattern
    bool close = false;
    bool resume = false;
    bool lose = false;  // a connection closed between two requests is counted, not an error
    SSL_CTX* tls = nullptr;
    std::vector<std::string> heads;  // taken in turn
};

struct connection {
    bench::link stream;
    bench::session_ptr session;
    std::string_view head;
    std::size_t head_sent = 0;
    std::uint64_t body_sent = 0;
    std::string partial;  // of a response's head
    bool in_body = false;
    bool ending = false;  // answered, waits for the other side to close
    bool closes = false;  // the response said so
    bool used = false;    // answered before, on this stream
    bool busy = false;
    std::uint64_t body_at = 0;
    std::uint64_t body_length = 0;
    std::int64_t begun = 0;
    std::string text;  // a short body that is no pattern
};

class load {
public:
    explicit load(wishes wanted, std::size_t connections)
        : wanted_{std::move(wanted)}, connections_(connections), buffer_(256 * 1024) {
        if (wanted_.tls != nullptr) {
            SSL_CTX_set_session_cache_mode(wanted_.tls, SSL_SESS_CACHE_CLIENT |
                                                            SSL_SESS_CACHE_NO_INTERNAL_STORE);
            SSL_CTX_sess_set_new_cb(wanted_.tls, keep_session);
        }
    }

    /// Every connection asks once, not all at the same time.
    void warm_up() {
        std::size_t asked = 0;
        const auto until = bench::now_ns() + 30'000'000'000;
        while ((asked < connections_.size() || busy_ > 0) && report_.errors() == 0) {
            for (; asked < connections_.size() && busy_ < 32; ++asked)
                begin(connections_[asked]);
            turn(until);
            if (bench::now_ns() > until)
                report_.wrong("no answer within 30 s");
        }
        warm_ = true;
        if (report_.errors() == 0)
            report_.clear();
    }

    /// Until the time is over or so many requests are begun, then until the last is answered.
    void run(double seconds, std::uint64_t requests) {
        const auto begun = bench::now_ns();
        deadline_ = begun + static_cast<std::int64_t>(seconds * 1e9);
        left_ = requests;
        for (auto& one : connections_)
            next(one);
        const auto limit = deadline_ + 20'000'000'000;
        while ((busy_ > 0 || !waiting_.empty()) && report_.errors() <= most_errors &&
               bench::now_ns() < limit)
            turn(limit);
        if (busy_ > 0)
            report_.wrong("requests were not answered");
        report_.print(static_cast<double>(bench::now_ns() - begun) / 1e9);
    }

private:
    static constexpr std::uint64_t most_errors = 1000;

    static int keep_session(SSL* of, SSL_SESSION* session) {
        static_cast<connection*>(SSL_get_app_data(of))->session.reset(session);
        return 1;
    }

    void turn(std::int64_t until) {
        const auto wait = waiting_.empty() ? std::max<std::int64_t>(until - bench::now_ns(), 0) : 0;
        for (const auto& event : set_.wait(wait))
            advance(*static_cast<connection*>(event.data.ptr),
                    (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
        // Only those that wait now: an answer that comes at once must not keep the others waiting.
        for (auto count = waiting_.size(); count > 0; --count) {
            connection& one = *waiting_.front();
            waiting_.pop_front();
            next(one);
        }
    }

    bool time_is_over() const { return left_ == 0 || bench::now_ns() >= deadline_; }

    /// The next request of a connection, if there is to be one.
    void next(connection& one) {
        if (!warm_ || time_is_over())
            return;
        --left_;
        begin(one);
    }

    void begin(connection& one) {
        one.head = wanted_.heads[turn_++ % wanted_.heads.size()];
        one.head_sent = one.body_sent = 0;
        one.in_body = one.ending = false;
        one.partial.clear();
        one.text.clear();
        if (!one.busy)
            ++busy_;
        one.busy = true;
        one.begun = bench::now_ns();
        if (!one.stream.open())
            open(one);
        else
            advance(one, false);
    }

    void open(connection& one) {
        // A connection a request takes ports by the thousand: from more than one address of ours.
        const std::uint32_t from = wanted_.close ? 1 + turn_ % 32 : 0;
        const int made = bench::begin_connecting(wanted_.port, from);
        bench::ssl_ptr tls;
        if (wanted_.tls != nullptr) {
            tls.reset(SSL_new(wanted_.tls));
            SSL_set_connect_state(tls.get());
            SSL_set_tlsext_host_name(tls.get(), "site.test");
            SSL_set_app_data(tls.get(), &one);
            if (wanted_.resume && one.session)
                SSL_set_session(tls.get(), one.session.get());
        }
        one.stream = bench::link{made, std::move(tls)};
        one.used = false;
        set_.add(made, &one);
    }

    void advance(connection& one, bool ending) {
        if (!one.stream.open())
            return;
        if (!one.busy) {
            // Between two requests: tickets may come, or the end.
            const auto got = one.stream.read(buffer_);
            if (got == over)
                one.stream.close();
            else if (got > 0)
                fail(one, "bytes nobody asked for");
            return;
        }
        if (!write(one))
            return broken(one);
        for (;;) {
            const auto got = one.stream.read(buffer_);
            if (got == again)
                return;
            if (got == over)
                return broken(one);
            if (!take(one, {buffer_.data(), static_cast<std::size_t>(got)}))
                return;
            if (one.stream.drained(got, buffer_.size()) && !ending)
                return;
        }
    }

    bool write(connection& one) {
        while (one.head_sent < one.head.size()) {
            const auto sent = one.stream.write(one.head.substr(one.head_sent));
            if (sent == again)
                return true;
            if (sent == over)
                return false;
            one.head_sent += static_cast<std::size_t>(sent);
        }
        while (one.body_sent < wanted_.post) {
            const auto count = std::min<std::uint64_t>(wanted_.post - one.body_sent, 256 * 1024);
            const auto sent = one.stream.write(pattern_.at(one.body_sent, count));
            if (sent == again)
                return true;
            if (sent == over)
                return false;
            one.body_sent += static_cast<std::uint64_t>(sent);
        }
        return true;
    }

    /// False: nothing more is expected of this stream.
    bool take(connection& one, std::string_view bytes) {
        if (one.ending)
            return fail(one, "bytes behind the body");
        if (!one.in_body) {
            if (!one.partial.empty())
                bytes = one.partial.append(bytes);
            const auto head = bench::read_response_head(bytes);
            if (!head) {
                if (one.partial.empty())
                    one.partial = bytes;
                return true;
            }
            if (head->status != 200)
                return fail(one, "status " + std::to_string(head->status));
            if (!head->length)
                return fail(one, "no Content-Length");
            one.in_body = true;
            one.closes = head->close;
            one.body_at = 0;
            one.body_length = *head->length;
            bytes.remove_prefix(head->size);
        }
        return take_body(one, bytes);
    }

    bool take_body(connection& one, std::string_view bytes) {
        if (bytes.size() > one.body_length - one.body_at)
            return fail(one, "bytes behind the body");
        if (wanted_.post > 0)
            one.text.append(bytes);
        else if (!pattern_.matches(one.body_at, bytes))
            return fail(one, "a wrong byte in the body");
        one.body_at += bytes.size();
        if (one.body_at < one.body_length)
            return true;
        if (wanted_.post > 0 && one.text != "ok " + std::to_string(wanted_.post) + "\n")
            return fail(one, "the request's body did not arrive");
        if (wanted_.post == 0 && one.body_length != wanted_.expect)
            return fail(one, "a body of another length");
        return answered(one);
    }

    bool answered(connection& one) {
        if (wanted_.resume && warm_ && SSL_session_reused(one.stream.tls()) != 1)
            return fail(one, "the TLS session was not resumed");
        if (wanted_.close && wanted_.tls != nullptr && !wanted_.resume &&
            SSL_session_reused(one.stream.tls()) == 1)
            return fail(one, "the TLS session was resumed");
        report_.done(bench::now_ns() - one.begun);
        one.used = true;
        one.ending = wanted_.close || one.closes;
        if (one.ending)
            return true;  // what asked to close is closed by the other side
        rest(one);
        return false;
    }

    void rest(connection& one) {
        one.busy = false;
        --busy_;
        waiting_.push_back(&one);
    }

    void broken(connection& one) {
        const bool was_used = one.used;
        if (one.ending) {
            one.stream.close();
            rest(one);
        } else if (wanted_.lose && was_used && !one.in_body && one.partial.empty()) {
            report_.lost();
            one.stream.close();
            rest(one);
        } else {
            fail(one, one.in_body ? "closed within a body" : "closed without an answer");
        }
    }

    bool fail(connection& one, const std::string& what) {
        report_.wrong(what);
        one.stream.close();
        if (one.busy)
            rest(one);
        return false;
    }

    wishes wanted_;
    std::vector<connection> connections_;
    std::vector<char> buffer_;
    std::deque<connection*> waiting_;
    bench::pattern pattern_;
    bench::poll_set set_;
    bench::report report_;
    std::size_t busy_ = 0;
    std::uint32_t turn_ = 0;
    std::uint64_t left_ = 0;
    std::int64_t deadline_ = 0;
    bool warm_ = false;
};

std::string head_for(const std::string& path, const wishes& wanted) {
    std::string head = wanted.post > 0 ? "POST " : "GET ";
    head += path + " HTTP/1.1\r\nHost: site.test\r\nUser-Agent: bench\r\nAccept: */*\r\n";
    if (wanted.post > 0)
        head += "Content-Type: application/octet-stream\r\nContent-Length: " +
                std::to_string(wanted.post) + "\r\n";
    if (wanted.close)
        head += "Connection: close\r\n";
    return head + "\r\n";
}

constexpr const char* usage =
    "--port N [--connections N] [--seconds S | --requests N] [--path /P | --paths FILE]\n"
    "  [--expect BYTES] [--post BYTES] [--close] [--tls [--resume]] [--lose]";

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{count, arguments, usage};
    bench::context_ptr tls;
    if (asked.has("tls"))
        tls = bench::make_client_context();
    wishes wanted;
    wanted.port = static_cast<std::uint16_t>(asked.number("port", 0));
    wanted.post = asked.number("post", 0);
    wanted.expect = asked.number("expect", 64);
    wanted.close = asked.has("close");
    wanted.resume = asked.has("resume");
    wanted.lose = asked.has("lose");
    wanted.tls = tls.get();
    if (asked.has("paths")) {
        std::ifstream paths{asked.text("paths", "")};
        for (std::string path; std::getline(paths, path);)
            wanted.heads.push_back(head_for(path, wanted));
    } else {
        wanted.heads.push_back(head_for(asked.text("path", "/"), wanted));
    }
    load one{wanted, asked.number("connections", 64)};
    one.warm_up();
    bench::wait_for_go();
    one.run(asked.seconds("seconds", 1e6), asked.number("requests", UINT64_MAX));
    bench::wait_for_end();
}
