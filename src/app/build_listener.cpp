// SPDX-License-Identifier: Apache-2.0
#include "app/build_listener.hpp"

#include "net/listener_tls.hpp"

namespace sluice::app {

namespace {

http::h1::handshake_counts counts_of(const std::string& listener, telemetry::registry& metrics) {
    const auto count = [&](const char* outcome) {
        return metrics.make_counter("sluice_tls_handshakes_total",
                                    {{"listener", listener}, {"outcome", outcome}});
    };
    return {count("full"), count("resumed"), count("failed"), count("timeout")};
}

}  // namespace

std::shared_ptr<const http::h1::server_settings>
build_listener(const http::listener_settings& one, const settings& all,
               const listener_surroundings& around, const http::h1::server_settings* before,
               std::shared_ptr<const void> presence) {
    auto built = std::make_shared<http::h1::server_settings>();
    built->listener = one;
    built->presence = std::move(presence);
    built->bounds = all.limits;
    built->deadlines = all.timeouts;
    if (!one.tls)
        return built;
    built->handshakes = counts_of(one.name, around.metrics);
    const bool is_same =
        before != nullptr && before->listener.name == one.name && before->listener.tls == one.tls;
    built->tls =
        is_same ? before->tls
                : std::make_shared<const net::listener_tls>(*one.tls, one.name, around.tickets);
    return built;
}

}  // namespace sluice::app
