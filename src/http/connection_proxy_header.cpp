// SPDX-License-Identifier: Apache-2.0
// What comes first on a listener with proxy_protocol: the header by which a load balancer names the
// client. It is looked at until all of it is here and only then taken, to the byte, so that what
// follows is where TLS or the first head looks for it.
#include "http/connection.hpp"
#include "net/proxy_header.hpp"
#include "net/socket_io.hpp"
#include "sluice/runtime/worker.hpp"
#include "sluice/telemetry/log.hpp"

#include <array>

namespace sluice::http {

using runtime::direction;
using runtime::wake;

runtime::task<> connection::take_proxy_header() {
    if (!facts_.trusted) {
        turn_away(errc::bad_request,
                  "it is none of trusted_proxies, from which alone a PROXY header "
                  "is accepted");
        co_return;
    }
    bool taken = false;
    while (!taken && !broken_) {
        waiting_ = true;  // a drain looks at its deadline anew
        const auto why =
            co_await socket_.readable(opening_deadline(settings_->deadlines.client_head));
        waiting_ = false;
        if (!broken_)
            socket_.resume_waits(direction::in);
        if (why == wake::expired)
            proxy_header_is_late();
        else if (why == wake::ready && !broken_)
            taken = proxy_header_step();
    }
}

// At the end of a drain nobody is to blame.
void connection::proxy_header_is_late() {
    broken_ = true;
    if (!server_.draining())
        turn_away(errc::request_timeout, "its PROXY header did not come in time");
}

// True once the header was taken; broken_ when it never will be.
bool connection::proxy_header_step() {
    auto& socket = socket_.socket();
    // One byte more than the longest header: whether something is behind it shows.
    std::array<char, net::proxy_header::longest + 1> room;
    const auto here = net::peek_once(socket, room);
    if (here.state == io_state::blocked) {
        socket.set_unreadable();
        return false;
    }
    if (here.state == io_state::broken || here.bytes == 0) {
        broken_ = true;  // without a byte it is a probe
        return false;
    }
    const auto header = net::read_proxy_header({room.data(), here.bytes});
    switch (header.at) {
    case net::proxy_header::state::malformed:
        turn_away(errc::bad_request, header.why);
        return false;
    case net::proxy_header::state::incomplete:
        if (socket.hung_up())
            turn_away(errc::bad_request, "it ended in the middle of its PROXY header");
        socket.set_unreadable();  // the next byte raises it again
        return false;
    case net::proxy_header::state::complete:
        break;
    }
    net::receive_once(socket, {room.data(), header.size});
    // Nothing behind it: whoever reads next need not ask. After a hang-up no event would come.
    if (here.bytes == header.size && !socket.hung_up())
        socket.set_unreadable();
    // Whoever is not named may be anybody: nobody is believed about where requests come from.
    facts_.trusted = false;
    unnamed_ = !header.client;
    if (header.client)
        identify(*header.client);
    return true;
}

void connection::turn_away(errc code, std::string_view why) {
    broken_ = true;
    server_.handler().turned_away(code);
    const auto& listener = settings_->listener.name;
    if (server_.is_news(why))
        telemetry::log_warn("{} at {} was turned away: {}", facts_.address, listener, why);
    else
        telemetry::log_debug("{} at {} was turned away: {}", facts_.address, listener, why);
}

}  // namespace sluice::http
