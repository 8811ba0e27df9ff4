// SPDX-License-Identifier: Apache-2.0
#include "service/name_list.hpp"

#include "net/dns/plain_name.hpp"
#include "service/url_list.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>

namespace sluice::service {

namespace {

// A name in lower case, a dot at its end kept: it keeps the search list away. Numbers only in the
// last label make it a mistyped IP address (RFC 3696 section 2).
std::string name_in(std::string_view text) {
    auto name = net::dns::plain_name(text);
    const auto last = name.substr(name.rfind('.') + 1);
    if (name.empty() || std::ranges::all_of(last, is_digit))
        return {};
    return text.ends_with('.') ? name + '.' : name;
}

// RFC 2782: two labels in front that begin with an underscore.
bool asks_for_srv(std::string_view name) {
    const auto dot = name.find('.');
    return name.starts_with('_') && dot != std::string_view::npos && dot + 1 < name.size() &&
           name[dot + 1] == '_';
}

std::string_view before_port(std::string_view text) { return text.substr(0, text.rfind(':')); }

// The text without what other programs allow around a name and a port.
std::string meant_by(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://", "tcp://", "dns://"})
        if (text.starts_with(scheme))
            text.remove_prefix(scheme.size());
    text = text.substr(0, text.find('/'));
    return parse_dns_name(text) ? std::string(text) : std::string();
}

}  // namespace

std::optional<dns_name> parse_dns_name(std::string_view text) {
    if (auto name = name_in(text); asks_for_srv(name))
        return dns_name{std::move(name), 0, 1};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    auto name = name_in(text.substr(0, colon));
    const auto port = config::parse_whole(text.substr(colon + 1));
    if (name.empty() || asks_for_srv(name) || !port || *port == 0 || *port > 65535)
        return std::nullopt;
    return dns_name{std::move(name), static_cast<std::uint16_t>(*port), 1};
}

std::string name_list::expected() const {
    return "names with ports such as shop.internal:8080, each with weight=N if wanted, or "
           "_service._proto.NAME for SRV records";
}

void name_list::read(const config::value& from, std::vector<dns_name>& to) const {
    to.clear();
    const url_list entries{expected(), "a name", "shop.internal:8080 weight=5"};
    entries.read(from, [&](const url_entry& one) { read_one(one, to); });
}

void name_list::read_one(const url_entry& one, std::vector<dns_name>& to) const {
    if (net::address::parse(one.where) || net::address::parse(std::string(one.where) + ":1"))
        return one.refuse("is an address, which needs no DNS", expected(), "source: fixed");
    const auto name = name_in(before_port(one.where));
    auto found = parse_dns_name(one.where);
    if (!found && asks_for_srv(name))
        return one.refuse("has a port", "no port: SRV records bring their own", name);
    if (!found && !name.empty() && one.where.find(':') == std::string_view::npos)
        return one.refuse("has no port", "a name and a port", name + ":80");
    if (!found)
        return one.refuse("is not a name with a port", expected(), meant_by(one.where));
    if (found->port == 0 && one.weight)
        return one.refuse("has a weight", "no weight: SRV records bring their own");
    found->weight = one.weight.value_or(1);
    const auto same = [&](const dns_name& earlier) {
        return earlier.name == found->name && earlier.port == found->port;
    };
    if (std::ranges::any_of(to, same))
        return one.refuse("is given twice", "each name once, a larger share by weight=N");
    to.push_back(std::move(*found));
}

void name_list::write(config::writer& out, const std::vector<dns_name>& from) const {
    out.list(from.size(), [&](std::size_t i) {
        const auto& one = from[i];
        const auto port = one.port == 0 ? "" : ":" + std::to_string(one.port);
        const auto weight = one.weight == 1 ? "" : " weight=" + std::to_string(one.weight);
        out.text(one.name + port + weight);
    });
}

}  // namespace sluice::service
