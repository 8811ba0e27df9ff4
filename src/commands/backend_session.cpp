// SPDX-License-Identifier: Apache-2.0
#include "commands/backend_session.hpp"

#include "commands/backend_wish.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

namespace sluice::commands {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using socket_type = asio::generic::stream_protocol::socket;
using parser_type = http::request_parser<http::buffer_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece = 64 * 1024;

/// How an answer is framed: a length, or until the last event (chunked, for HTTP/1.0 until close).
struct answer {
    unsigned status = 200;
    std::string_view type = "application/json";
    std::optional<std::uint64_t> length{};
};

/// The parser's own complaints, apart from a connection that just ended.
bool is_malformed(error_code error) {
    return error.category() == http::make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

// GCC 12 gets temporaries of a co_await expression and co_await behind && wrong: whatever has a
// destructor is a named local here, and each co_await stands in a statement or condition of its
// own.
class session {
public:
    session(socket_type socket, std::string name)
        : socket_(std::move(socket)), name_(std::move(name)) {}

    asio::awaitable<void> run();

private:
    asio::awaitable<bool> take_head();
    asio::awaitable<bool> take_body();
    asio::awaitable<bool> reply(backend_wish wish);
    asio::awaitable<bool> send_description(unsigned status);
    asio::awaitable<bool> send_bytes(std::uint64_t count);
    asio::awaitable<bool> send_events(backend_wish wish);
    asio::awaitable<void> echo_messages();
    asio::awaitable<bool> send(std::string_view text);
    asio::awaitable<void> wait(std::chrono::milliseconds pause);

    std::string head(const answer& what);
    const http::request<http::buffer_body>& request() const { return parser_->get(); }
    bool head_only() const { return request().method() == http::verb::head; }
    bool chunked_answers() const { return request().version() >= 11; }

    socket_type socket_;
    std::string name_;
    beast::flat_buffer buffer_;
    std::optional<parser_type> parser_;
    std::array<char, piece> scratch_{};
    std::uint64_t body_bytes_ = 0;
    bool keep_alive_ = true;
};

asio::awaitable<void> session::run() {
    while (keep_alive_) {
        if (!co_await take_head()) {
            break;
        }
        const auto target = request().target();
        const auto wish = backend_wish::read({target.data(), target.size()});
        if (wish.what == backend_wish::kind::websocket && beast::websocket::is_upgrade(request())) {
            co_await echo_messages();
            co_return;
        }
        if (!co_await take_body()) {
            co_return;
        }
        if (!co_await reply(wish)) {
            co_return;
        }
    }
    error_code ignored;
    socket_.shutdown(socket_type::shutdown_send, ignored);
    // A close with unread bytes would be a reset, which can destroy the answer just sent: read to
    // the end first.
    while (!ignored) {
        co_await socket_.async_read_some(asio::buffer(scratch_),
                                         asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<bool> session::take_head() {
    parser_.emplace();
    parser_->header_limit(piece);
    parser_->body_limit(boost::none);
    body_bytes_ = 0;
    const auto [error, count] =
        co_await http::async_read_header(socket_, buffer_, *parser_, as_result);
    if (is_malformed(error)) {
        co_await send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    if (error) {
        co_return false;
    }
    keep_alive_ = request().keep_alive();
    if (beast::iequals(request()[http::field::expect], "100-continue")) {
        co_return co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    }
    co_return true;
}

asio::awaitable<bool> session::take_body() {
    while (!parser_->is_done()) {
        auto& body = parser_->get().body();
        body.data = scratch_.data();
        body.size = scratch_.size();
        const auto [error, count] =
            co_await http::async_read(socket_, buffer_, *parser_, as_result);
        body_bytes_ += scratch_.size() - body.size;
        if (error && error != http::error::need_buffer) {
            co_return false;
        }
    }
    co_return true;
}

asio::awaitable<bool> session::reply(backend_wish wish) {
    switch (wish.what) {
    case backend_wish::kind::bytes:
        co_return co_await send_bytes(wish.count);
    case backend_wish::kind::events:
        co_return co_await send_events(wish);
    case backend_wish::kind::status:
        co_return co_await send_description(static_cast<unsigned>(wish.count));
    case backend_wish::kind::slow:
        co_await wait(wish.pause);
        [[fallthrough]];
    default:
        co_return co_await send_description(200);
    }
}

asio::awaitable<bool> session::send_description(unsigned status) {
    const auto text = [](auto view) { return std::string_view{view.data(), view.size()}; };
    backend_request about{
        name_, text(request().method_string()), text(request().target()), {}, body_bytes_};
    for (const auto& field : request()) {
        about.headers.emplace_back(text(field.name_string()), text(field.value()));
    }
    const bool no_body = status == 204 || status == 304;
    const std::string body = no_body ? std::string{} : describe(about);
    answer what{.status = status, .length = body.size()};
    if (no_body) {
        what.length.reset();
    }
    std::string out = head(what);
    if (!head_only()) {
        out += body;
    }
    co_return co_await send(out);
}

asio::awaitable<bool> session::send_bytes(std::uint64_t count) {
    const auto start = head({.type = "application/octet-stream", .length = count});
    if (!co_await send(start)) {
        co_return false;
    }
    std::uint64_t left = head_only() ? 0 : count;
    while (left > 0) {
        const auto part = pattern().substr(0, std::min<std::uint64_t>(left, pattern().size()));
        if (!co_await send(part)) {
            co_return false;
        }
        left -= part.size();
    }
    co_return true;
}

asio::awaitable<bool> session::send_events(backend_wish wish) {
    keep_alive_ = keep_alive_ && chunked_answers();
    const auto start = head({.type = "text/event-stream"});
    const bool started = co_await send(start);
    if (!started || head_only()) {
        co_return started;
    }
    for (std::uint64_t i = 0; i < wish.count; ++i) {
        if (i > 0) {
            co_await wait(wish.pause);
        }
        const auto event = fmt::format("id: {0}\ndata: {{\"event\":{0}}}\n\n", i);
        const auto framed =
            chunked_answers() ? fmt::format("{:x}\r\n{}\r\n", event.size(), event) : event;
        if (!co_await send(framed)) {
            co_return false;
        }
    }
    if (!chunked_answers()) {
        co_return true;
    }
    co_return co_await send("0\r\n\r\n");
}

asio::awaitable<void> session::echo_messages() {
    // false: no compression, which would triple what is compiled for an echo.
    beast::websocket::stream<socket_type&, false> messages{socket_};
    const auto [refused] = co_await messages.async_accept(request(), as_result);
    beast::flat_buffer bytes;
    for (bool open = !refused; open;) {
        const auto [unread, taken] = co_await messages.async_read_some(bytes, piece, as_result);
        if (unread) {
            co_return;
        }
        messages.text(messages.got_text());
        const auto [unsent, sent] =
            co_await messages.async_write_some(messages.is_message_done(), bytes.data(), as_result);
        bytes.consume(bytes.size());
        open = !unsent;
    }
}

asio::awaitable<bool> session::send(std::string_view text) {
    const auto [error, count] =
        co_await asio::async_write(socket_, asio::buffer(text.data(), text.size()), as_result);
    co_return !error;
}

asio::awaitable<void> session::wait(std::chrono::milliseconds pause) {
    asio::steady_timer timer{socket_.get_executor(), pause};
    co_await timer.async_wait(as_result);
}

std::string session::head(const answer& what) {
    const auto reason = http::obsolete_reason(static_cast<http::status>(what.status));
    auto text = fmt::format("HTTP/1.1 {} {}\r\n", what.status,
                            std::string_view{reason.data(), reason.size()});
    const bool has_body = what.status != 204 && what.status != 304;
    if (has_body) {
        text += fmt::format("Content-Type: {}\r\n", what.type);
    }
    if (what.length) {
        text += fmt::format("Content-Length: {}\r\n", *what.length);
    } else if (has_body && chunked_answers()) {
        text += "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n";
    }
    if (!keep_alive_) {
        text += "Connection: close\r\n";
    } else if (request().version() < 11) {
        text += "Connection: keep-alive\r\n";
    }
    return text + "\r\n";
}

}  // namespace

asio::awaitable<void> serve_backend_session(socket_type socket, std::string name) {
    // On the heap: the scratch buffer would make every coroutine frame of Asio's allocator too
    // large to recycle.
    const auto one = std::make_unique<session>(std::move(socket), std::move(name));
    co_await one->run();
}

}  // namespace sluice::commands
