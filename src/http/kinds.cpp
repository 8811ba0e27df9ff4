// SPDX-License-Identifier: Apache-2.0
#include "http/kinds.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/net/address.hpp"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

constexpr std::string_view any_below = "*.";
constexpr std::array<std::string_view, 7> usual_methods = {"GET",    "HEAD",    "POST", "PUT",
                                                           "DELETE", "OPTIONS", "PATCH"};

bool is_label(std::string_view label) {
    const auto allowed = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, allowed);
}

/// A host somebody wrote with a scheme, a port, a path or a trailing dot.
std::string bare_host(std::string_view text) {
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find('/'));
    if (!text.ends_with(']'))
        text = text.substr(0, text.rfind(':'));
    if (text.ends_with('.'))
        text.remove_suffix(1);
    const auto name = text.starts_with(any_below) ? text.substr(any_below.size()) : text;
    return is_host(name) ? to_lower(text) : std::string();
}

}  // namespace

bool is_host(std::string_view text) {
    if (text.starts_with('['))
        return text.ends_with(']') && net::address::parse(std::string(text) + ":0").has_value();
    return text.size() <= 253 && std::ranges::all_of(split(text, '.'), is_label);
}

void host_name::read(const config::value& from, std::string& to) const {
    if (!is_host(from.text()))
        return from.refuse_as(expected(), bare_host(from.text()));
    to = to_lower(from.text());
}

void host_pattern::read(const config::value& from, std::string& to) const {
    const auto text = from.text();
    if (text == "*")
        return from.refuse("\"*\" is not needed: without hosts a route is for any host",
                           expected());
    const bool is_wildcard = text.starts_with(any_below);
    if (!is_host(is_wildcard ? text.substr(any_below.size()) : text))
        return from.refuse_as(expected(), bare_host(text));
    to = to_lower(text);
}

void certificate_host::read(const config::value& from, std::string& to) const {
    const auto text = from.text();
    const auto name = text.starts_with(any_below) ? text.substr(any_below.size()) : text;
    // Clients ask for names only (RFC 6066 section 3): an address would never be asked for.
    const bool is_ip = net::address::parse(std::string(name) + ":0").has_value();
    if (is_ip || !is_host(name))
        return from.refuse_as(expected(), is_ip ? std::string() : bare_host(text));
    to = to_lower(text);
}

config::form method_name::look() const {
    auto any = config::named_text("another method", std::string(token_pattern));
    any.expected = expected();
    return config::either_of(config::words_of({usual_methods.begin(), usual_methods.end()}),
                             std::move(any));
}

void method_name::read(const config::value& from, std::string& to) const {
    if (!is_token(from.text()) || from.text().size() > 64)
        return from.refuse_as(expected());
    to = from.text();
    for (const auto one : usual_methods)
        if (to != one && iequals(to, one))
            from.warn(from.shown() + " never matches " + std::string(one) +
                          ": methods are compared with their case",
                      {}, std::string(one));
}

}  // namespace sluice::http
