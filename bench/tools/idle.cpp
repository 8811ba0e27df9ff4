// SPDX-License-Identifier: Apache-2.0
// Connections that had one request and then say nothing: `--first` of them before the first
// measurement, all of them before the second. The memory is whoever measures's to read.
#include "link.hpp"
#include "options.hpp"
#include "pattern.hpp"
#include "report.hpp"
#include "response.hpp"

#include <poll.h>

#include <string>
#include <vector>

namespace {

class idle {
public:
    idle(std::uint16_t port, SSL_CTX* tls) : port_{port}, tls_{tls} {}

    /// One after the other, so that one connection to the origin does for all.
    void open_until(std::size_t count) {
        while (links_.size() < count && report_.errors() == 0)
            open_one();
    }

    /// Whether all of them still are there.
    void look() {
        for (auto& one : links_)
            if (one.read(buffer_) == bench::over)
                report_.wrong("an idle connection was closed");
    }

    /// What was done before the first measurement is not counted, what went wrong is.
    void forget() {
        if (report_.errors() == 0)
            report_.clear();
    }

    void print(double seconds) const { report_.print(seconds); }

private:
    void open_one() {
        const auto begun = bench::now_ns();
        bench::ssl_ptr tls;
        if (tls_ != nullptr) {
            tls.reset(SSL_new(tls_));
            SSL_set_connect_state(tls.get());
            SSL_set_tlsext_host_name(tls.get(), "site.test");
        }
        bench::link one{bench::begin_connecting(port_), std::move(tls)};
        bool written = false;
        std::string got;
        const auto until = begun + 10'000'000'000;
        while (bench::now_ns() < until) {
            if (!written)
                written = one.write(request) > 0;
            const auto count = one.read(buffer_);
            if (count == bench::over)
                break;
            if (count > 0)
                got.append(buffer_.data(), static_cast<std::size_t>(count));
            if (is_answer(got)) {
                report_.done(bench::now_ns() - begun);
                links_.push_back(std::move(one));
                return;
            }
            if (count == bench::again)
                wait(one, written);
        }
        report_.wrong("no or a wrong answer on a new connection");
    }

    static void wait(const bench::link& one, bool written) {
        pollfd socket{one.descriptor(), POLLIN, 0};
        if (!written && one.tls() == nullptr)
            socket.events |= POLLOUT;
        if (one.tls() != nullptr && SSL_in_before(one.tls()) != 0)
            socket.events |= POLLOUT;
        ::poll(&socket, 1, 1000);
    }

    bool is_answer(std::string_view got) const {
        const auto head = bench::read_response_head(got);
        return head && head->status == 200 && head->length == 64 && got.size() == head->size + 64 &&
               pattern_.matches(0, got.substr(head->size));
    }

    static constexpr std::string_view request =
        "GET / HTTP/1.1\r\nHost: site.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";

    std::uint16_t port_;
    SSL_CTX* tls_;
    std::vector<bench::link> links_;
    std::vector<char> buffer_ = std::vector<char>(64 * 1024);
    bench::pattern pattern_;
    bench::report report_;
};

}  // namespace

int main(int count, char** arguments) {
    const bench::options asked{count, arguments, "--port N [--first N] [--connections N] [--tls]"};
    bench::context_ptr tls;
    if (asked.has("tls")) {
        tls = bench::make_client_context();
        // Thousands of them have their other end in one process; here their memory counts for nobody.
        SSL_CTX_set_mode(tls.get(), SSL_MODE_RELEASE_BUFFERS);
    }
    idle one{static_cast<std::uint16_t>(asked.number("port", 0)), tls.get()};
    one.open_until(asked.number("first", 20));
    bench::wait_for_go();
    const auto begun = bench::now_ns();
    one.forget();
    one.open_until(asked.number("connections", 10'000));
    one.look();
    one.print(static_cast<double>(bench::now_ns() - begun) / 1e9);
    bench::wait_for_end();
}
