// SPDX-License-Identifier: Apache-2.0
#include "http/schemas.hpp"
#include "net/kinds.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>
#include <span>
#include <string>

namespace sluice::http {

namespace {

// A mandatory header that nobody can send is a listener that serves nobody.
void check_senders(const config::value& from, const listener_settings& read,
                   config::keys_read how) {
    const auto key = from.find("proxy_protocol");
    if (how == config::keys_read::refused || !key || !read.proxy_protocol)
        return;
    const bool over_unix = read.address.is_unix();
    // What kind of socket systemd passes shows once it is there.
    const auto can_connect = [&](const net::cidr& one) {
        return read.address.is_passed() || one.is_unix() == over_unix;
    };
    if (std::ranges::any_of(read.trusted_proxies, can_connect))
        return;
    const std::string trouble = read.trusted_proxies.empty() ? "there are none"
                                : over_unix ? "none of them connects to a Unix socket"
                                            : "none of them connects to an IP address";
    key->refuse("a PROXY header is accepted from trusted_proxies only, and " + trouble,
                "whoever sends it, such as trusted_proxies: [" +
                    std::string(over_unix ? "unix" : "10.0.0.1") + "]");
}

// HTTP/2 is agreed on within TLS or known beforehand without it, never the other way round.
void check_protocols(const config::value& from, listener_settings& read, config::keys_read how) {
    const auto key = from.find("protocols");
    if (!key) {
        if (read.tls)
            read.protocols = {client_protocol::http1, client_protocol::h2};
        return;
    }
    if (how == config::keys_read::refused)
        return;
    for (std::size_t at = 0; at < read.protocols.size(); ++at) {
        const auto one = read.protocols[at];
        const auto entry = (*key)[at];
        const auto before = std::span(read.protocols).first(at);
        if (std::ranges::find(before, one) != before.end())
            entry.refuse("it stands here twice", "each protocol once");
        else if (one == client_protocol::h2 && !read.tls)
            entry.refuse("h2 is agreed on within TLS, and this listener has none",
                         "tls beside it, or h2c");
        else if (one == client_protocol::h2c && read.tls)
            entry.refuse("h2c is HTTP/2 without TLS, and this listener has tls", "h2");
    }
}

void check_listener(const config::value& from, listener_settings& read, config::keys_read how) {
    check_protocols(from, read, how);
    check_senders(from, read, how);
}

}  // namespace

bool listener_settings::speaks(client_protocol which) const noexcept {
    return std::ranges::find(protocols, which) != protocols.end();
}

bool listener_settings::trusts(const net::address& sender) const noexcept {
    return std::ranges::any_of(trusted_proxies,
                               [&](const net::cidr& block) { return block.contains(sender); });
}

const config::schema<listener_settings>& listener_schema() {
    using listener = listener_settings;
    static const config::choice<underscore_policy> underscores{
        {"drop_aliases", underscore_policy::drop_aliases},
        {"drop", underscore_policy::drop},
        {"reject", underscore_policy::reject}};
    static const config::choice<path_policy> paths{{"rewrite", path_policy::rewrite},
                                                   {"reject", path_policy::reject}};
    static const config::choice<client_protocol> protocols{{"http1", client_protocol::http1},
                                                           {"h2", client_protocol::h2},
                                                           {"h2c", client_protocol::h2c}};
    static const config::schema<listener> keys{
        {
            {"name", &listener::name, config::name{},
             "what routes, logs, metrics and the admin API call it", config::required},
            {"address", &listener::address, net::listener_address{}, "where clients connect",
             config::required},
            {"protocols", &listener::protocols, config::list_of{protocols, "protocols", 1},
             "what is spoken: http1, h2 (over TLS, by ALPN), h2c (HTTP/2 without TLS, told from "
             "http1 by its first bytes); without the key http1, over TLS h2 too"},
            {"tls", &listener::tls, config::maybe{config::block(listener_tls_schema())},
             "TLS to clients: certificates, and whom to ask for theirs; without it plain HTTP"},
            {"proxy_protocol", &listener::proxy_protocol, config::flag{},
             "whether every connection begins with a PROXY header, from trusted_proxies only"},
            {"underscore_headers", &listener::underscore_headers, underscores,
             "what happens to fields whose name has an underscore: those that alias one that is "
             "trusted go, all go, or the request is refused"},
            {"path_normalize", &listener::path_normalize, paths,
             "what happens to a path that is not canonical: made so, or the request is refused"},
            {"trusted_proxies", &listener::trusted_proxies,
             config::list_of{net::address_block{}, "addresses and blocks"},
             "whose PROXY header, X-Forwarded-* and X-Request-Id are believed"},
        },
        check_listener,
    };
    return keys;
}

}  // namespace sluice::http
