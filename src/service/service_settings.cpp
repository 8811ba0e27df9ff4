// SPDX-License-Identifier: Apache-2.0
#include "http/schemas.hpp"
#include "service/name_list.hpp"
#include "service/node_list.hpp"
#include "service/schemas.hpp"
#include "service/url_list.hpp"
#include "sluice/config/kinds.hpp"

#include <algorithm>
#include <array>

namespace sluice::service {

namespace {

const config::schema<pool_settings>& pool_schema() {
    static const config::schema<pool_settings> keys{
        {
            {"idle", &pool_settings::idle, config::whole{0, 1'000'000, "connections"},
             "how many are kept open while unused"},
            {"max", &pool_settings::max, config::whole{1, 1'000'000, "connections"},
             "how many are open at once; a request beyond it waits up to `connect`"},
            {"idle_timeout", &pool_settings::idle_timeout, config::span{},
             "how long an unused one is kept"},
        },
        [](const config::value& from, pool_settings& read, config::keys_read how) {
            if (how == config::keys_read::refused || read.idle <= read.max)
                return;
            if (!from.find("idle"))
                read.idle = read.max;
            else if (!from.find("max"))
                read.max = read.idle;
            else
                from.refuse("idle is larger than max", "idle at most max");
        },
    };
    return keys;
}

const config::schema<retry_settings>& retry_schema() {
    static const config::schema<retry_settings> keys{
        {"attempts", &retry_settings::attempts, config::whole{0, 10, "attempts"},
         "how often another node is tried after the first"},
        {"budget", &retry_settings::budget_percent, config::percent{},
         "how many of the service's requests may be tried again; connect failures are outside it"},
    };
    return keys;
}

// What a Unix socket's certificate would have to name nobody can guess.
void require_server_name(const config::value& from, const service_settings& read) {
    const auto& tls = read.tls;
    const auto at = from.find("tls");
    if (!at || tls.mode == net::upstream_tls_mode::disabled || !tls.verify ||
        !tls.server_name.empty())
        return;
    if (std::ranges::any_of(read.nodes, [](const node& one) { return one.address.is_unix(); }))
        at->refuse("the certificate behind a Unix socket cannot be checked without a name",
                   "server_name");
}

/// Round robin is a word; the ring hash of a later version is a map.
struct balancer_kind : config::word {
    void read(const config::value& from, std::string& to) const {
        if (from.is_map() && from.find("ring_hash"))
            return from.refuse("ring_hash is not in this version", expected());
        config::word::read(from, to);
    }
};

/// The sources of the configuration come with a later version, and so do their names.
struct source_kind {
    void read(const config::value& from, std::string& to) const {
        static constexpr std::array<std::string_view, 2> now = {"fixed", "dns"};
        static constexpr std::array<std::string_view, 2> later = {"ai", "agent"};
        if (from.is_text() && std::ranges::find(now, from.text()) != now.end())
            to = from.text();
        else if (std::ranges::find(later, from.text()) != later.end())
            from.refuse(from.shown() + " is not in this version", expected());
        else
            from.refuse_as(expected(), edit_distance(from.text(), "fixed", 2) <= 2 ? "fixed"
                                       : edit_distance(from.text(), "dns", 1) <= 1 ? "dns"
                                                                                   : "");
    }
    void write(config::writer& out, const std::string& from) const { out.text(from); }
    std::string expected() const { return "fixed or dns"; }
    config::form look() const { return config::words_of({"fixed", "dns"}); }
};

/// What `url` may hold depends on `source`, which may stand behind it: read_url() reads it once
/// both are known.
struct url_kind {
    void read(const config::value&, service_settings&) const {}
    void write(config::writer& out, const service_settings& from) const {
        from.source == "dns" ? name_list{}.write(out, from.names)
                             : node_list{}.write(out, from.nodes);
    }
    std::string expected() const {
        return node_list{}.expected() + "; with source: dns " + name_list{}.expected();
    }
    config::form look() const { return url_form(); }
};

void read_url(const config::value& from, service_settings& to) {
    const auto source = from.find("source");
    if (source && source->text() != to.source)
        return;  // refused: who knows what its url may be
    const bool by_name = to.source == "dns";
    const auto url = from.find("url");
    if (!url)
        from.refuse("the key \"url\" is missing",
                    by_name ? name_list{}.expected() : node_list{}.expected());
    else if (by_name)
        name_list{}.read(*url, to.names);
    else
        node_list{}.read(*url, to.nodes);
}

}  // namespace

const config::schema<service_settings>& service_schema() {
    using service = service_settings;
    static const balancer_kind balancers{
        {{"round_robin"}, {"least_request", "random", "ring_hash"}}};
    static const config::not_in_this_version later;
    static const config::choice<node_protocol> protocols{{"http1", node_protocol::http1},
                                                         {"http2", node_protocol::http2},
                                                         {"auto", node_protocol::automatic}};
    static const config::schema<service> keys{
        {
            {"name", &service::name, config::name{},
             "what routes, logs, metrics and the admin API call it", config::required},
            {"source", &service::source, source_kind{},
             "where its nodes come from: `url` itself, or DNS"},
            {"url", url_kind{}, "the nodes, or with `source: dns` the names that lead to them",
             config::needed},
            {"tls", &service::tls, config::block(upstream_tls_schema()), "TLS to the nodes"},
            {"protocol", &service::protocol, protocols,
             "the HTTP version spoken to nodes; gRPC needs http2; auto: what a node prefers "
             "(ALPN), "
             "without TLS http1"},
            {"balancer", &service::balancer, balancers, "how the node for a request is chosen"},
            {"pool", &service::pool, config::block(pool_schema()),
             "connections of one worker to one node"},
            {"retries", &service::retries, config::block(retry_schema()),
             "when another node is tried"},
            {"timeouts", &service::timeouts, config::block(http::timeout_overrides_schema()),
             "deadlines instead of the global ones"},
            {"health", later, "active and passive health checks"},
            {"breaker", later, "bounds on what a service may have in flight"},
            // Other sources than fixed.
            {"namespace", later, "of a Kubernetes or Nacos service"},
            {"service", later, "its name in the registry"},
            {"port", later, "of a Kubernetes service"},
            {"group", later, "of a Nacos service"},
            {"clusters", later, "of a Nacos service"},
            {"function", later, "of function compute"},
            {"qualifier", later, "a version or alias of the function"},
            {"invoke", later, "how the function is called"},
            // AI and agent services.
            {"supplier", later, "the vendor of a large-model service"},
            {"provider", later, "the platform of an agent"},
            {"application", later, "what the agent is"},
            {"app_id", later, "of the agent"},
            {"base_url", later, "where the vendor's API is"},
            {"api_key", later, "for the vendor"},
            {"api_keys", later, "for the vendor"},
            {"region", later, "of the vendor"},
            {"access_key_id", later, "for the vendor"},
            {"access_key_secret", later, "for the vendor"},
            {"session_token", later, "for the vendor"},
            {"dialect", later, "the shape of the messages"},
            {"models", later, "names given to models"},
            {"fallback", later, "services tried next"},
            {"max_body", later, "the largest request that is translated"},
        },
        [](const config::value& from, service& read, config::keys_read) {
            read_url(from, read);
            require_server_name(from, read);
        },
    };
    return keys;
}

}  // namespace sluice::service
