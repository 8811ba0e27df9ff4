// SPDX-License-Identifier: Apache-2.0
#include "http/schemas.hpp"
#include "net/kinds.hpp"
#include "sluice/config/kinds.hpp"

namespace sluice::http {

const config::schema<listener_settings>& listener_schema() {
    using listener = listener_settings;
    static const config::choice<underscore_policy> underscores{
        {"drop_aliases", underscore_policy::drop_aliases},
        {"drop", underscore_policy::drop},
        {"reject", underscore_policy::reject}};
    static const config::choice<path_policy> paths{{"rewrite", path_policy::rewrite},
                                                   {"reject", path_policy::reject}};
    static const config::schema<listener> keys{
        {"name", &listener::name, config::name{},
         "what routes, logs, metrics and the admin API call it", config::required},
        {"address", &listener::address, net::listen_address{}, "where clients connect",
         config::required},
        {"protocols", config::only_list{"http1", {"h2", "h2c"}},
         "the HTTP versions that are spoken"},
        {"tls", &listener::tls, config::maybe{config::block(listener_tls_schema())},
         "TLS to clients: certificates, and whom to ask for theirs; without it plain HTTP"},
        {"proxy_protocol", config::only_false{},
         "whether every connection starts with a PROXY header"},
        {"underscore_headers", &listener::underscore_headers, underscores,
         "what happens to fields whose name has an underscore: those that alias one that is "
         "trusted go, all go, or the request is refused"},
        {"path_normalize", &listener::path_normalize, paths,
         "what happens to a path that is not canonical: made so, or the request is refused"},
        {"trusted_proxies", &listener::trusted_proxies,
         config::list_of{net::address_block{}, "addresses and blocks"},
         "whose X-Forwarded-* and X-Request-Id are believed"},
    };
    return keys;
}

}  // namespace sluice::http
