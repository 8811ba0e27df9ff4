// SPDX-License-Identifier: Apache-2.0
#include "app/build_listener.hpp"

#include "http/h2/abuse_score.hpp"
#include "net/listener_tls.hpp"

namespace sluice::app {

namespace {

http::handshake_counts counts_of(const std::string& listener, telemetry::registry& metrics) {
    const auto count = [&](const char* outcome) {
        return metrics.make_counter("sluice_tls_handshakes_total",
                                    {{"listener", listener}, {"outcome", outcome}});
    };
    return {count("full"), count("resumed"), count("failed"), count("timeout")};
}

// What ALPN chooses from, HTTP/2 first: who offers both has said that it prefers that.
std::vector<std::string_view> offers_of(const http::listener_settings& one) {
    std::vector<std::string_view> all;
    if (one.speaks(http::client_protocol::h2))
        all.push_back("h2");
    if (one.speaks(http::client_protocol::http1))
        all.insert(all.end(), {"http/1.1", "http/1.0"});
    return all;
}

void count_abuses(http::server_settings& built, telemetry::registry& metrics) {
    for (std::size_t at = 0; at < http::h2::abuse_kinds; ++at)
        built.abuses[at] = metrics.make_counter(
            "sluice_h2_abuse_total",
            {{"listener", built.listener.name},
             {"kind", std::string(http::h2::word_for(static_cast<http::h2::abuse>(at)))}});
}

}  // namespace

std::shared_ptr<const http::server_settings> build_listener(const http::listener_settings& one,
                                                            const settings& all,
                                                            const listener_surroundings& around,
                                                            const http::server_settings* before,
                                                            std::shared_ptr<const void> presence) {
    auto built = std::make_shared<http::server_settings>();
    built->listener = one;
    built->presence = std::move(presence);
    built->bounds = all.limits;
    built->deadlines = all.timeouts;
    if (one.speaks(http::client_protocol::h2) || one.speaks(http::client_protocol::h2c))
        count_abuses(*built, around.metrics);
    if (!one.tls)
        return built;
    built->handshakes = counts_of(one.name, around.metrics);
    const bool is_same = before != nullptr && before->listener.name == one.name &&
                         before->listener.tls == one.tls &&
                         before->listener.protocols == one.protocols;
    built->tls = is_same ? before->tls
                         : std::make_shared<const net::listener_tls>(
                               *one.tls, one.name, around.tickets, offers_of(one));
    return built;
}

}  // namespace sluice::app
