// SPDX-License-Identifier: Apache-2.0
#include "net/kinds.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>

namespace sluice::net {

std::string address_for(std::string_view text) {
    // Forms other programs take: a scheme in front, a port alone, a name for the loopback address.
    for (const std::string_view scheme : {"http://", "https://", "tcp://"})
        if (text.starts_with(scheme))
            text.remove_prefix(scheme.size());
    while (text.ends_with('/'))
        text.remove_suffix(1);
    const std::string whole(text);
    const auto after_name = whole.starts_with("localhost:") ? whole.substr(10) : std::string();
    const std::array candidates = {whole, "0.0.0.0" + whole, "0.0.0.0:" + whole,
                                   "127.0.0.1:" + after_name};
    for (const auto& one : candidates)
        if (const auto found = address::parse(one))
            return found->to_string();
    return {};
}

void listen_address::read(const config::value& from, address& to) const {
    const auto found = address::parse(from.text());
    if (!found)
        return from.refuse_as(expected(), address_for(from.text()));
    to = *found;
}

namespace {

constexpr std::string_view passed_prefix = "systemd:";

// What FileDescriptorName= of systemd.socket(5) takes.
bool is_passed_name(std::string_view name) {
    constexpr std::size_t longest = 255;
    return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char one) {
        return one >= ' ' && one <= '~' && one != ':';
    });
}

}  // namespace

void listener_address::read(const config::value& from, address& to) const {
    const auto text = from.text();
    if (!text.starts_with(passed_prefix)) {
        if (const auto found = address::parse(text))
            to = *found;
        else
            from.refuse_as(expected(), address_for(text));
        return;
    }
    const auto name = std::string_view(text).substr(passed_prefix.size());
    if (!is_passed_name(name))
        return from.refuse("what follows systemd: is no name of a socket",
                           "1 to 255 printable characters without a colon, as "
                           "FileDescriptorName= takes them");
    to = address::passed(name);
}

void address_block::read(const config::value& from, cidr& to) const {
    if (const auto found = cidr::parse(from.text())) {
        to = *found;
        return;
    }
    // The usual slip is 10.0.0.1/8; the longest block below the same address is what can be offered
    // safely.
    const auto text = from.text();
    const auto meant = text.starts_with("unix:") ? "unix" : text.substr(0, text.find('/'));
    from.refuse_as(expected(), cidr::parse(meant) ? std::string(meant) : std::string());
}

namespace {

constexpr std::size_t most_name_servers = 16;
constexpr std::string_view server_expected =
    "the IP address of a name server, with or without a port";

// `10.0.0.2`, `10.0.0.2:53`, `::1`, `[::1]`, `[::1]:53`.
std::optional<address> parse_name_server(std::string_view text) {
    if (const auto whole = address::parse(text))
        return whole->is_unix() || whole->port() == 0 ? std::nullopt : whole;
    for (const auto& with_port : {std::string(text) + ":53", "[" + std::string(text) + "]:53"})
        if (const auto found = address::parse(with_port); found && !found->is_unix())
            return found;
    return std::nullopt;
}

}  // namespace

config::form name_servers::look() const {
    auto server = config::patterned("address, with or without a port",
                                    R"(([0-9A-Fa-f:.]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)");
    server.expected = server_expected;
    return {.what = config::form::type::list,
            .called = "addresses",
            .least = "1",
            .most = std::to_string(most_name_servers),
            .parts = {std::move(server)}};
}

void name_servers::read(const config::value& from, std::vector<address>& to) const {
    if (!from.is_list())
        return from.refuse_as(expected());
    if (from.size() == 0 || from.size() > most_name_servers)
        return from.refuse(from.size() == 0 ? "the list is empty" : "too many name servers",
                           "1 to " + std::to_string(most_name_servers) + " of them");
    to.clear();
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto element = from[i];
        const auto found = parse_name_server(element.text());
        if (!found)
            element.refuse_as(server_expected);
        else if (std::ranges::find(to, *found) != to.end())
            element.refuse(element.shown() + " is given twice", "each name server once");
        else
            to.push_back(*found);
    }
}

void name_servers::write(config::writer& out, const std::vector<address>& from) const {
    out.list(from.size(), [&](std::size_t i) { out.text(from[i].to_string()); });
}

}  // namespace sluice::net
