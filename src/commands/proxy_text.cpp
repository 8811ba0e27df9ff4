// SPDX-License-Identifier: Apache-2.0
#include "commands/proxy_text.hpp"

#include "sluice/base/arena.hpp"
#include "sluice/base/json_writer.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/http/target.hpp"
#include "sluice/net/address.hpp"

#include <fmt/format.h>

#include <string_view>

namespace sluice::commands {

namespace {

// Where a `--to` leads, in the words of the configuration.
struct destination {
    std::string node;         // of `url`
    std::string_view source;  // fixed | dns
    std::string_view tls;     // disabled | tls
    std::string path;         // what takes the place of `/`; empty: nothing does

    bool goes_with(const destination& other) const {
        return source == other.source && tls == other.tls && path == other.path;
    }
};

std::optional<destination> read_url(std::string_view text) {
    const bool is_https = text.starts_with("https://");
    arena room;
    const auto target = http::parse_target(text, http::method::get, room);
    if (!target || target->authority.empty() || target->has_query)
        return std::nullopt;
    const auto named = http::parse_authority(target->authority, room);
    if (!named || named->host.empty())
        return std::nullopt;
    const auto port = !named->port.empty() ? named->port : is_https ? "443" : "80";
    destination to{fmt::format("{}:{}", named->host, port), "dns", is_https ? "tls" : "disabled",
                   target->path == "/" ? "" : std::string(target->path)};
    if (net::address::parse(to.node))
        to.source = "fixed";
    return to;
}

std::optional<destination> read_destination(std::string_view text) {
    if (text.starts_with("unix:"))
        return destination{std::string(text), "fixed", "disabled", ""};
    return read_url(text);
}

// JSON texts are YAML texts, whatever they hold.
std::string as_yaml(std::string_view text) {
    std::string out;
    append_json_text(out, text);
    return out;
}

std::string listen_address(std::string_view text) {
    return text.starts_with(':') ? fmt::format("0.0.0.0{}", text) : std::string(text);
}

std::string route_lines(const proxy_wish& wish, const destination& to) {
    if (to.path.empty())
        return fmt::format("    rewrite: {{host: {}}}\n", as_yaml(wish.host));
    return fmt::format(
        "    match: {{path: {{prefix: /}}}}\n    rewrite: {{prefix: {}, host: {}}}\n",
        as_yaml(to.path), as_yaml(wish.host));
}

std::string not_a_destination(const std::string& text) {
    const bool lacks_scheme = text.find("://") == std::string::npos && read_url("http://" + text);
    return fmt::format("--to {}: not http://NODE[/PATH], https://NODE[/PATH] or unix:/PATH{}",
                       quoted(text),
                       lacks_scheme ? fmt::format(", did you mean \"http://{}\"?", text) : "");
}

}  // namespace

std::optional<std::string> proxy_configuration(const proxy_wish& wish, std::string& problem) {
    std::optional<destination> first;
    std::string nodes;
    for (const auto& text : wish.to) {
        const auto to = read_destination(text);
        if (!to) {
            problem = not_a_destination(text);
            return std::nullopt;
        }
        if (first && !first->goes_with(*to)) {
            problem =
                fmt::format("--to {}: it differs from the first in scheme, path or in being a "
                            "name; these need a file with a service for each",
                            quoted(text));
            return std::nullopt;
        }
        nodes += (first ? ", " : "") + as_yaml(to->node);
        if (!first)
            first = to;
    }
    if (!first) {
        problem = "--to is missing";
        return std::nullopt;
    }
    return fmt::format("listeners:\n"
                       "  - {{name: web, address: {}}}\n"
                       "services:\n"
                       "  - name: nodes\n"
                       "    source: {}\n"
                       "    url: [{}]\n"
                       "    tls: {{mode: {}}}\n"
                       "routes:\n"
                       "  - name: all\n"
                       "    service: nodes\n"
                       "{}"
                       "admin: {{address: {}}}\n",
                       as_yaml(listen_address(wish.listen)), first->source, nodes, first->tls,
                       route_lines(wish, *first), as_yaml(wish.admin));
}

}  // namespace sluice::commands
