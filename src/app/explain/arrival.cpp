// SPDX-License-Identifier: Apache-2.0
#include "app/explain/arrival.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>

namespace sluice::app::explain {

namespace {

/// Bytes that would end a line or a word of the head.
bool has_break(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool has_blank_or_control(std::string_view text) noexcept {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '\x7F'; });
}

/// The authority's port, the scheme's where it has none; 0 for what is no port.
unsigned port_of(std::string_view authority, bool tls) {
    const auto colon = authority.rfind(':');
    if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos ||
        colon + 1 == authority.size())
        return tls ? 443 : 80;
    const auto number = config::parse_whole(authority.substr(colon + 1));
    return number && *number <= 65535 ? static_cast<unsigned>(*number) : 0;
}

std::string_view without_port(std::string_view authority) {
    const auto colon = authority.rfind(':');
    const bool is_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    return is_port ? authority.substr(0, colon) : authority;
}

std::string_view bare_ip(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    return host;
}

/// How well a listener fits, the more the better.
int fit_of(const url_parts& url, const open_entrance& one) {
    const bool same_scheme = one.settings->tls.has_value() == url.tls;
    const bool same_port = !one.where.is_unix() && one.where.port() == url.port;
    const bool same_ip = !one.where.is_unix() && iequals(one.where.ip(), bare_ip(url.host));
    return (same_scheme && same_port ? 8 : 0) + (same_scheme ? 4 : 0) + (same_port ? 2 : 0) +
           (same_ip ? 1 : 0);
}

std::string written(const admin::explain_request& asked, const url_parts& url) {
    std::string text = asked.method;
    text.append(" ").append(url.target.starts_with('/') ? "" : "/").append(url.target);
    text += " HTTP/1.1\r\n";
    const bool has_host = std::ranges::any_of(
        asked.headers, [](const auto& one) { return iequals(one.first, "host"); });
    if (!has_host)
        text.append("Host: ").append(url.authority).append("\r\n");
    for (const auto& [name, value] : asked.headers)
        text.append(name).append(": ").append(value).append("\r\n");
    return text + "\r\n";
}

}  // namespace

std::optional<url_parts> split_url(std::string_view url) {
    const bool tls = iequals(url.substr(0, 8), "https://");
    if (!tls && !iequals(url.substr(0, 7), "http://"))
        return std::nullopt;
    url.remove_prefix(tls ? 8 : 7);
    url = url.substr(0, url.find('#'));  // a client keeps the fragment to itself
    const auto end = std::min(url.find_first_of("/?"), url.size());
    const auto authority = url.substr(0, end);
    if (authority.empty())
        return std::nullopt;
    return url_parts{tls, authority, without_port(authority), port_of(authority, tls),
                     url.substr(end)};
}

std::string problem_of(const admin::explain_request& asked) {
    if (!is_token(asked.method))
        return quoted(asked.method) + " is not a method";
    if (has_blank_or_control(asked.url))
        return "a URL has no spaces: they are written %20";
    const auto url = split_url(asked.url);
    if (!url)
        return quoted(asked.url) + " is not a URL such as http://shop.example.com:8080/orders";
    if (url->port == 0)
        return "the port of " + quoted(asked.url) + " is not a number from 1 to 65535";
    for (const auto& [name, value] : asked.headers) {
        if (!is_token(name))
            return quoted(name) + " is not the name of a header";
        if (has_break(value))
            return "the header " + name + " has a line break in its value";
    }
    return {};
}

chosen_entrance choose_entrance(const url_parts& url, std::span<const open_entrance> all) {
    const auto best = std::ranges::max_element(
        all, {}, [&](const open_entrance& one) { return fit_of(url, one); });
    return {static_cast<std::size_t>(best - all.begin()), fit_of(url, *best) >= 8};
}

arrival::arrival(const admin::explain_request& asked, const url_parts& url,
                 const http::head_rules& rules)
    : bytes_(written(asked, url)) {
    http::h1::scan_position at;
    const auto step = http::h1::parse_request(bytes_, at, rules, room_, head_);
    if (step.at == http::h1::parse_step::state::complete)
        return;
    refusal_ = step;
    if (refusal_->reason.empty())
        refusal_->reason = "the head is malformed";
}

}  // namespace sluice::app::explain
