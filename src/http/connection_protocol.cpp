// SPDX-License-Identifier: Apache-2.0
// Which protocol an open connection speaks: what ALPN agreed on, or what its first bytes show.
#include "http/connection.hpp"
#include "net/socket_io.hpp"
#include "sluice/net/tls_session.hpp"
#include "sluice/runtime/worker.hpp"

#include <array>

namespace sluice::http {

using runtime::direction;
using runtime::wake;

namespace {

// RFC 9113 section 3.4.
constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

connection::protocol connection::agreed_protocol() const noexcept {
    const auto& listener = settings_->listener;
    if (socket_.tls() != nullptr && socket_.tls()->facts().alpn == "h2")
        return protocol::h2;
    if (!listener.speaks(client_protocol::http1))
        return protocol::h2;  // who does not begin with the preface is told so by HTTP/2
    return listener.speaks(client_protocol::h2c) && !settings_->tls ? protocol::undecided
                                                                    : protocol::http1;
}

// As long as what is here may become the preface, nobody can tell.
runtime::task<> connection::find_protocol(protocol& found) {
    while (!broken_) {
        found = peek_protocol();
        if (found != protocol::undecided)
            co_return;
        waiting_ = true;  // a drain looks at its deadline anew
        const auto why =
            co_await socket_.readable(opening_deadline(settings_->deadlines.client_head));
        waiting_ = false;
        if (!broken_)
            socket_.resume_waits(direction::in);
        if (why == wake::expired) {
            socket_.socket().set_readable();  // what is here was only looked at
            found = protocol::http1;  // which says what is to be said of a head that does not come
            co_return;
        }
    }
}

connection::protocol connection::peek_protocol() {
    auto& socket = socket_.socket();
    if (!socket.readable())
        return protocol::undecided;
    std::array<char, preface.size()> room;
    const auto here = net::peek_once(socket, room);
    if (here.state == io_state::blocked) {
        socket.set_unreadable();
        return protocol::undecided;
    }
    if (here.state == io_state::broken || here.bytes == 0)
        return protocol::http1;  // which sees the end, and says nothing
    const std::string_view bytes(room.data(), here.bytes);
    if (bytes != preface.substr(0, bytes.size()))
        return protocol::http1;
    if (bytes.size() == preface.size())
        return protocol::h2;
    if (socket.hung_up())
        return protocol::http1;
    socket.set_unreadable();  // the next byte raises it again
    return protocol::undecided;
}

}  // namespace sluice::http
