// SPDX-License-Identifier: Apache-2.0
#include "http/schemas.hpp"
#include "net/kinds.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>
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

}  // namespace

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
    static const config::schema<listener> keys{
        {
            {"name", &listener::name, config::name{},
             "what routes, logs, metrics and the admin API call it", config::required},
            {"address", &listener::address, net::listener_address{}, "where clients connect",
             config::required},
            {"protocols", config::only_list{"http1", {"h2", "h2c"}},
             "the HTTP versions that are spoken"},
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
        check_senders,
    };
    return keys;
}

}  // namespace sluice::http
