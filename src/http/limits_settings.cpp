// SPDX-License-Identifier: Apache-2.0
#include "http/schemas.hpp"
#include "sluice/config/kinds.hpp"

namespace sluice::http {

namespace {

constexpr config::span short_time{std::chrono::milliseconds{1}, std::chrono::hours{1}};
constexpr config::span long_time{std::chrono::milliseconds{1}, std::chrono::hours{24 * 7}};

void check_limits(const config::value& from, limits& read, config::keys_read how) {
    if (how == config::keys_read::refused || read.line <= read.head)
        return;
    if (!from.find("line"))
        read.line = read.head;
    else if (!from.find("head"))
        read.head = read.line;
    else
        from.refuse("line is larger than head, so it would never be reached", "line at most head");
}

}  // namespace

const config::schema<h2_limits>& h2_limits_schema() {
    static const config::schema<h2_limits> keys{
        {"streams", &h2_limits::streams, config::whole{1, 10'000, "requests"},
         "how many requests a connection may have under way at once"},
        {"stream_window", &h2_limits::stream_window, config::bytes{16 << 10, 16 << 20},
         "how much of a request body may wait to be passed on, at first; it grows where that is "
         "too little for the way"},
        {"connection_window", &h2_limits::connection_window, config::bytes{64 << 10, 256 << 20},
         "the same of all requests of a connection together"},
        {"memory", &h2_limits::memory, config::bytes{256 << 10, 512 << 20},
         "what may be held for a connection before its next request is refused"},
    };
    return keys;
}

const config::schema<limits>& limits_schema() {
    static const config::schema<limits> keys{
        {
            {"head", &limits::head, config::bytes{1 << 10, 1 << 20},
             "the longest head, start line and fields together, of requests and responses"},
            {"line", &limits::line, config::bytes{256, 1 << 20}, "the longest line of a head"},
            {"headers", &limits::headers, config::whole{1, 10'000, "field lines"},
             "how many field lines a head or a trailer section may have"},
            {"body", &limits::body, config::word_or{"none", config::bytes{}},
             "the longest body of a request"},
            {"connections", &limits::connections, config::whole{1, 10'000'000, "connections"},
             "how many connections of clients the process has open at once"},
            {"h2", &limits::h2, config::block(h2_limits_schema()),
             "bounds of each HTTP/2 connection of a client"},
        },
        check_limits,
    };
    return keys;
}

const config::schema<timeouts>& timeouts_schema() {
    static const config::schema<timeouts> keys{
        {"tls_handshake", &timeouts::tls_handshake, short_time,
         "accept to the end of the client's TLS handshake"},
        {"client_head", &timeouts::client_head, short_time,
         "first byte of a request to the end of its head"},
        {"client_body_idle", &timeouts::client_body_idle, long_time,
         "how long a request body may bring no byte"},
        {"client_write_idle", &timeouts::client_write_idle, long_time,
         "how long a client may take no byte of a response"},
        {"min_rate", &timeouts::min_rate, config::whole{0, 1'000'000'000, "bytes a second"},
         "how fast who we wait for has to be, averaged over 30 s of waiting; 0: no matter"},
        {"client_idle", &timeouts::client_idle, long_time,
         "how long a connection is kept between two requests"},
        {"connect", &timeouts::connect, short_time,
         "connecting to a node, and waiting for a free connection"},
        {"upstream_tls", &timeouts::upstream_tls, short_time, "the TLS handshake with a node"},
        {"upstream_head", &timeouts::upstream_head, long_time,
         "end of the request to the head of the response"},
        {"upstream_idle", &timeouts::upstream_idle, long_time,
         "how long a response may bring no byte"},
        {"stream_idle", &timeouts::stream_idle, long_time,
         "instead of the idle times, for event streams and tunnels"},
        {"drain", &timeouts::drain, long_time, "how long a stop waits for requests in flight"},
    };
    return keys;
}

const config::schema<timeout_overrides>& timeout_overrides_schema() {
    static const config::schema<timeout_overrides> keys{
        {"connect", &timeout_overrides::connect, config::maybe{short_time},
         "instead of timeouts.connect"},
        {"upstream_tls", &timeout_overrides::upstream_tls, config::maybe{short_time},
         "instead of timeouts.upstream_tls"},
        {"upstream_head", &timeout_overrides::upstream_head, config::maybe{long_time},
         "instead of timeouts.upstream_head"},
        {"upstream_idle", &timeout_overrides::upstream_idle, config::maybe{long_time},
         "instead of timeouts.upstream_idle"},
        {"stream_idle", &timeout_overrides::stream_idle, config::maybe{long_time},
         "instead of timeouts.stream_idle"},
    };
    return keys;
}

}  // namespace sluice::http
