// SPDX-License-Identifier: Apache-2.0
// Readers of server-sent events: so many streams, each event in order and whole, and how long each
// was under way. The clock runs once every stream has had its first event.
#include "link.hpp"
#include "options.hpp"
#include "report.hpp"
#include "response.hpp"

#include <charconv>
#include <string>
#include <vector>

namespace {

constexpr std::string_view event_begin = "data: ";
constexpr std::size_t event_size = 97;  // as the origin makes them, without the blank line

/// Undoes the chunked coding as bytes come; only sizes and line ends matter here.
class dechunker {
public:
    /// False: no chunk could begin so.
    bool feed(std::string_view bytes, std::string& into) {
        while (!bytes.empty()) {
            if (left_ > 0) {
                const auto count = std::min(left_, bytes.size());
                into.append(bytes.substr(0, count));
                bytes.remove_prefix(count);
                left_ -= count;
                skip_ = left_ == 0 ? 2 : 0;
            } else if (skip_ > 0) {
                const auto count = std::min(skip_, bytes.size());
                bytes.remove_prefix(count);
                skip_ -= count;
            } else if (bytes.front() != '\n') {
                line_.push_back(bytes.front());
                bytes.remove_prefix(1);
            } else {
                bytes.remove_prefix(1);
                const auto got =
                    std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
                line_.clear();
                if (got.ec != std::errc{} || left_ == 0)
                    return false;
            }
        }
        return true;
    }

private:
    std::size_t left_ = 0;
    std::size_t skip_ = 0;
    std::string line_;
};

struct stream {
    bench::link link;
    bool asked = false;
    std::string head;
    bool in_body = false;
    bool chunked = false;
    dechunker chunks;
    std::string text;
    std::uint64_t next = 0;
};

class streams {
public:
    streams(std::uint16_t port, const std::string& path, std::size_t count)
        : request_{"GET " + path +
                   " HTTP/1.1\r\nHost: site.test\r\nAccept: text/event-stream\r\n\r\n"},
          port_{port}, streams_(count) {}

    void warm_up() {
        const auto until = bench::now_ns() + 30'000'000'000;
        std::size_t asked = 0;
        while (begun_ < streams_.size() && report_.errors() == 0) {
            for (; asked < streams_.size() && asked < begun_ + 256; ++asked)
                open(streams_[asked]);
            turn(until);
            if (bench::now_ns() > until)
                report_.wrong("a stream did not begin within 30 s");
        }
        if (report_.errors() == 0)
            report_.clear();
    }

    void run(double seconds) {
        const auto begun = bench::now_ns();
        const auto until = begun + static_cast<std::int64_t>(seconds * 1e9);
        while (bench::now_ns() < until && report_.errors() == 0)
            turn(until);
        report_.print(static_cast<double>(bench::now_ns() - begun) / 1e9);
    }

private:
    void open(stream& one) {
        one.link = bench::link{bench::begin_connecting(port_), nullptr};
        set_.add(one.link.descriptor(), &one);
    }

    void turn(std::int64_t until) {
        for (const auto& event : set_.wait(std::max<std::int64_t>(until - bench::now_ns(), 0)))
            advance(*static_cast<stream*>(event.data.ptr));
    }

    void advance(stream& one) {
        if (!one.link.open())
            return;
        if (!one.asked)
            one.asked = one.link.write(request_) > 0;
        for (;;) {
            const auto got = one.link.read(buffer_);
            if (got == bench::again)
                return;
            if (got == bench::over)
                return fail(one, "the stream was closed");
            if (!take(one, {buffer_.data(), static_cast<std::size_t>(got)}))
                return;
            if (one.link.drained(got, buffer_.size()))
                return;
        }
    }

    bool take(stream& one, std::string_view bytes) {
        if (!one.in_body) {
            one.head.append(bytes);
            const auto head = bench::read_response_head(one.head);
            if (!head)
                return true;
            if (head->status != 200) {
                fail(one, "status " + std::to_string(head->status));
                return false;
            }
            one.in_body = true;
            one.chunked = head->chunked;
            const std::string rest = one.head.substr(head->size);
            return rest.empty() || take(one, rest);
        }
        if (!one.chunked) {
            one.text.append(bytes);
        } else if (!one.chunks.feed(bytes, one.text)) {
            fail(one, "not a chunk, or the last one");
            return false;
        }
        return take_events(one);
    }

    bool take_events(stream& one) {
        std::string_view text = one.text;
        const auto now = bench::now_ns();
        for (auto end = text.find("\n\n"); end != std::string_view::npos; end = text.find("\n\n")) {
            const auto event = text.substr(0, end);
            std::uint64_t sequence = 0;
            std::int64_t sent = 0;
            if (event.size() == event_size && event.starts_with(event_begin)) {
                std::from_chars(event.data() + 6, event.data() + 16, sequence);
                std::from_chars(event.data() + 17, event.data() + 36, sent);
            }
            if (sent == 0 || sequence != one.next) {
                fail(one, "an event that is not the next one");
                return false;
            }
            if (one.next++ == 0)
                ++begun_;
            report_.done(now - sent);
            text.remove_prefix(end + 2);
        }
        one.text.erase(0, one.text.size() - text.size());
        return true;
    }

    void fail(stream& one, const std::string& what) {
        report_.wrong(what);
        one.link.close();
    }

    std::string request_;
    std::uint16_t port_;
    std::vector<stream> streams_;
    std::size_t begun_ = 0;
    std::vector<char> buffer_ = std::vector<char>(64 * 1024);
    bench::poll_set set_;
    bench::report report_;
};

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{count, arguments,
                               "--port N [--connections N] [--path /sse/RATE] [--seconds S]"};
    streams readers{static_cast<std::uint16_t>(asked.number("port", 0)),
                    asked.text("path", "/sse/20"), asked.number("connections", 1000)};
    readers.warm_up();
    bench::wait_for_go();
    readers.run(asked.seconds("seconds", 2));
    bench::wait_for_end();
}
