// SPDX-License-Identifier: Apache-2.0
// WebSockets on which one message is always under way: sent masked, awaited, compared. A tunnel's
// share of the work is two reads and two writes a message.
#include "link.hpp"
#include "options.hpp"
#include "pattern.hpp"
#include "report.hpp"
#include "response.hpp"

#include <deque>
#include <string>
#include <vector>

namespace {

struct socket {
    bench::link link;
    std::string in;
    bool asked = false;
    bool open = false;
    bool busy = false;
    std::uint64_t messages = 0;
    std::int64_t begun = 0;
};

class echo {
public:
    echo(std::uint16_t port, std::size_t count, std::size_t size)
        : port_{port}, size_{std::min<std::size_t>(size, 60'000)}, sockets_(count) {}

    void warm_up() {
        const auto until = bench::now_ns() + 30'000'000'000;
        for (auto& one : sockets_) {
            one.link = bench::link{bench::begin_connecting(port_), nullptr};
            set_.add(one.link.descriptor(), &one);
        }
        while (open_ < sockets_.size() && report_.errors() == 0) {
            turn(until);
            if (bench::now_ns() > until)
                report_.wrong("a tunnel did not open within 30 s");
        }
    }

    void run(double seconds, std::uint64_t messages) {
        const auto begun = bench::now_ns();
        deadline_ = begun + static_cast<std::int64_t>(seconds * 1e9);
        left_ = messages;
        for (auto& one : sockets_)
            send(one);
        const auto limit = deadline_ + 20'000'000'000;
        while ((busy_ > 0 || !waiting_.empty()) && report_.errors() == 0 && bench::now_ns() < limit)
            turn(limit);
        if (busy_ > 0 && report_.errors() == 0)
            report_.wrong("messages did not come back");
        report_.print(static_cast<double>(bench::now_ns() - begun) / 1e9);
    }

private:
    static constexpr std::string_view request =
        "GET /ws HTTP/1.1\r\nHost: site.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    void turn(std::int64_t until) {
        const auto wait = waiting_.empty() ? std::max<std::int64_t>(until - bench::now_ns(), 0) : 0;
        for (const auto& event : set_.wait(wait))
            advance(*static_cast<socket*>(event.data.ptr));
        for (auto count = waiting_.size(); count > 0; --count) {
            socket& one = *waiting_.front();
            waiting_.pop_front();
            send(one);
        }
    }

    /// One message, with a mask and bytes of its own.
    void send(socket& one) {
        if (left_ == 0 || bench::now_ns() >= deadline_)
            return;
        --left_;
        const auto payload = pattern_.at(one.messages, size_);
        frame_.assign(1, '\x82');
        if (size_ < 126) {
            frame_.push_back(static_cast<char>(0x80U | size_));
        } else {
            frame_.push_back(static_cast<char>(0xfeU));
            frame_.push_back(static_cast<char>(size_ >> 8U));
            frame_.push_back(static_cast<char>(size_ & 0xffU));
        }
        const auto mask = pattern_.at(one.messages * 7 + 1, 4);
        frame_.append(mask);
        for (std::size_t at = 0; at < payload.size(); ++at)
            frame_.push_back(static_cast<char>(payload[at] ^ mask[at % 4]));
        one.busy = true;
        ++busy_;
        one.begun = bench::now_ns();
        if (one.link.write(frame_) != static_cast<bench::moved>(frame_.size()))
            fail(one, "a message was not taken");
    }

    void advance(socket& one) {
        if (!one.link.open())
            return;
        if (!one.asked)
            one.asked = one.link.write(request) > 0;
        for (;;) {
            const auto got = one.link.read(buffer_);
            if (got == bench::again)
                return;
            if (got == bench::over)
                return fail(one, "the tunnel was closed");
            one.in.append(buffer_.data(), static_cast<std::size_t>(got));
            if (!understand(one) || one.link.drained(got, buffer_.size()))
                return;
        }
    }

    bool understand(socket& one) {
        if (!one.open) {
            const auto head = bench::read_response_head(one.in);
            if (!head)
                return true;
            const bool is_right = one.in.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos;
            if (head->status != 101 || !is_right || one.in.size() != head->size) {
                fail(one, "status " + std::to_string(head->status) + " instead of a tunnel");
                return false;
            }
            one.in.clear();
            one.open = true;
            ++open_;
            return true;
        }
        const std::size_t head = size_ < 126 ? 2 : 4;
        if (one.in.size() < head + size_)
            return true;
        const bool is_right = one.in.size() == head + size_ && one.in[0] == '\x82' &&
                              pattern_.matches(one.messages, std::string_view{one.in}.substr(head));
        if (!is_right || !one.busy) {
            fail(one, "another message came back");
            return false;
        }
        report_.done(bench::now_ns() - one.begun);
        one.in.clear();
        ++one.messages;
        one.busy = false;
        --busy_;
        waiting_.push_back(&one);
        return true;
    }

    void fail(socket& one, const std::string& what) {
        report_.wrong(what);
        one.link.close();
    }

    std::uint16_t port_;
    std::size_t size_;
    std::vector<socket> sockets_;
    std::size_t open_ = 0;
    std::size_t busy_ = 0;
    std::uint64_t left_ = 0;
    std::int64_t deadline_ = 0;
    std::string frame_;
    std::deque<socket*> waiting_;
    std::vector<char> buffer_ = std::vector<char>(64 * 1024);
    bench::pattern pattern_;
    bench::poll_set set_;
    bench::report report_;
};

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{
        count, arguments, "--port N [--connections N] [--size BYTES] [--seconds S | --requests N]"};
    echo one{static_cast<std::uint16_t>(asked.number("port", 0)), asked.number("connections", 64),
             asked.number("size", 64)};
    one.warm_up();
    bench::wait_for_go();
    one.run(asked.seconds("seconds", 1e6), asked.number("requests", UINT64_MAX));
    bench::wait_for_end();
}
