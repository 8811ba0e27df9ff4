// SPDX-License-Identifier: Apache-2.0
#include "app/explain/leads_to.hpp"

#include "proxy/request_for_node.hpp"
#include "proxy/transport_of.hpp"
#include "sluice/config/kinds.hpp"
#include "sluice/http/local_reply.hpp"

#include <algorithm>
#include <string>

namespace sluice::app::explain {

namespace {

using http::timeout_overrides;
using http::timeouts;
using duration = timeouts::duration;

/// A deadline of the node's side, by its key: where it may be said, and where it ends up.
struct node_deadline {
    std::string_view key;
    std::optional<duration> timeout_overrides::* said;
    duration timeouts::* held;
    bool with_tls_only = false;
};

constexpr node_deadline node_deadlines[] = {
    {"connect", &timeout_overrides::connect, &timeouts::connect},
    {"upstream_tls", &timeout_overrides::upstream_tls, &timeouts::upstream_tls, true},
    {"upstream_head", &timeout_overrides::upstream_head, &timeouts::upstream_head},
    {"upstream_idle", &timeout_overrides::upstream_idle, &timeouts::upstream_idle},
    {"stream_idle", &timeout_overrides::stream_idle, &timeouts::stream_idle},
};

struct client_deadline {
    std::string_view key;
    duration timeouts::* held;
    bool with_tls_only = false;
};

constexpr client_deadline client_deadlines[] = {
    {"tls_handshake", &timeouts::tls_handshake, true},
    {"client_head", &timeouts::client_head},
    {"client_body_idle", &timeouts::client_body_idle},
    {"client_write_idle", &timeouts::client_write_idle},
    {"client_idle", &timeouts::client_idle},
};

/// What the configuration itself says about a deadline, or nobody.
told_timeout global_timeout(const teller& tell, std::string_view key, const std::string& value) {
    const auto where = tell.places().globals.key(0, "timeouts", key);
    return {key, tell.shown("timeouts." + std::string(key), value), where ? "global" : "default",
            tell.at(where)};
}

/// One target of one route, told.
class told_target {
public:
    told_target(const teller& tell, const proxy::table& table, std::size_t route,
                std::size_t target, service_question asked)
        : tell_(tell), route_at_(route), target_at_(target), asked_(asked),
          route_(*(*table.routes)[route]), target_(route_.targets[target]),
          service_(*table.services[target_.service]), path_(path_of("services", target_.service)) {}

    told_service tell() const {
        const auto& settings = service_.settings;
        told_service made{tell_.service(target_.service),
                          target_.weight,
                          share(),
                          chosen_at(),
                          settings.source,
                          {settings.balancer, at("balancer")}};
        for (std::size_t i = 0; i < service_.nodes.size(); ++i)
            made.nodes.push_back(node(i));
        for (std::size_t i = 0; i < settings.names.size(); ++i)
            made.names.push_back(url_text(i, name_text(settings.names[i])));
        made.nodes_at = at("url");
        made.tls = {{std::string(word_of(settings.tls.mode)), at("tls")}, settings.tls.verify};
        made.timeouts = timeouts_told();
        if (asked_.is_call && proxy::speaks_http1_only(service_))
            made.answer = own_answer(errc::not_implemented, "gRPC needs nodes that speak HTTP/2");
        else if (const auto why = why_no_node(); !why.empty())
            made.answer = own_answer(errc::no_healthy_node, why);
        return made;
    }

private:
    std::string at(std::string_view key) const {
        return tell_.at(tell_.places().services.key(target_.service, key));
    }

    double share() const {
        std::uint64_t sum = 0;
        for (const auto& one : route_.targets)
            sum += one.weight;
        return sum == 0 ? 0 : static_cast<double>(target_.weight) / static_cast<double>(sum);
    }

    std::string chosen_at() const {
        const auto& marks = tell_.places().routes;
        const auto listed = marks.key(route_at_, "services", {}, target_at_);
        return tell_.at(listed ? listed : marks.key(route_at_, "service"));
    }

    // `url` may be one text, or a list.
    std::string url_text(std::size_t i, std::string_view text) const {
        const auto url = path_ + ".url";
        return tell_.shown(url, tell_.shown(path_of(url, i), text));
    }

    // Which of the names led to a node that DNS found is not known: a hidden one hides them all.
    std::string node_text(std::size_t i, std::string_view text) const {
        const auto names = service_.settings.names.size();
        auto shown = names == 0 ? url_text(i, text) : std::string(text);
        for (std::size_t k = 0; k < names; ++k)
            shown = url_text(k, shown);
        return shown;
    }

    static std::string name_text(const service::dns_name& one) {
        return one.port == 0 ? one.name : one.name + ":" + std::to_string(one.port);
    }

    std::string host_text(std::size_t i, const proxy::table_node& one) const {
        const auto host = proxy::authority_of(service_, one);
        return one.facts.address.is_unix() ? tell_.shown(path_ + ".name", host)
                                           : node_text(i, host);
    }

    told_node node(std::size_t i) const {
        const auto& one = service_.nodes[i];
        told_node made{node_text(i, one.text), one.facts.weight, one.facts.tier, {}, {}};
        if (route_.settings.rewrite.host == proxy::host_rewrite::upstream)
            made.host = host_text(i, one);
        if (service_.settings.tls.context)
            made.tls_name = tell_.shown(path_ + ".tls.server_name",
                                        node_text(i, proxy::transport_of(service_, one).name));
        return made;
    }

    // As a balancer sees it: nodes of weight 0 get no request. Empty: some node may.
    std::string_view why_no_node() const {
        constexpr std::string_view weightless = "no node has a weight above 0";
        const auto has_weight = [](unsigned weight) { return weight != 0; };
        const auto& names = service_.settings.names;
        if (!service_.nodes.empty())
            return std::ranges::any_of(service_.nodes, has_weight, weight_of_node) ? ""
                                                                                   : weightless;
        // What is not known yet cannot have more than its name gives it; SRV records bring theirs.
        if (!names.empty() && !std::ranges::any_of(names, has_weight, &service::dns_name::weight))
            return weightless;
        if (!names.empty() && !asked_.sources_tell)
            return "";
        return names.empty() ? "it has no node" : "no address of its names is known now";
    }

    static unsigned weight_of_node(const proxy::table_node& one) { return one.facts.weight; }

    std::vector<told_timeout> timeouts_told() const {
        std::vector<told_timeout> all;
        const auto& total = route_.settings.timeout;
        const auto total_path = path_of("routes", route_at_) + ".timeout";
        if (total)
            all.push_back({"timeout", tell_.shown(total_path, config::duration_text(*total)),
                           "route", tell_.at(tell_.places().routes.key(route_at_, "timeout"))});
        else
            all.push_back({"timeout", "none", "default", {}});
        for (const auto& one : node_deadlines)
            if (!one.with_tls_only || service_.settings.tls.context)
                all.push_back(deadline(one));
        return all;
    }

    // The value is the table's; who it came from is read off the levels it was made of.
    told_timeout deadline(const node_deadline& which) const {
        const auto value = config::duration_text(target_.deadlines.*which.held);
        const auto key = ".timeouts." + std::string(which.key);
        const auto& places = tell_.places();
        if (route_.settings.timeouts.*which.said)
            return {which.key, tell_.shown(path_of("routes", route_at_) + key, value), "route",
                    tell_.at(places.routes.key(route_at_, "timeouts", which.key))};
        if (service_.settings.timeouts.*which.said)
            return {which.key, tell_.shown(path_ + key, value), "service",
                    tell_.at(places.services.key(target_.service, "timeouts", which.key))};
        return global_timeout(tell_, which.key, value);
    }

    const teller& tell_;
    std::size_t route_at_, target_at_;
    service_question asked_;
    const proxy::table_route& route_;
    const proxy::route_target& target_;
    const proxy::table_service& service_;
    std::string path_;
};

std::string_view word_of(proxy::host_rewrite how) {
    switch (how) {
    case proxy::host_rewrite::preserve:
        return "preserve";
    case proxy::host_rewrite::literal:
        return "literal";
    case proxy::host_rewrite::upstream:
        break;
    }
    return "upstream";
}

}  // namespace

told_answer own_answer(errc what, std::string_view why) {
    const auto& reply = http::reply_for(what);
    return {reply.status, reply.word, std::string(why.empty() ? reply.message : why)};
}

std::optional<told_sending> sending_of(const teller& tell, const proxy::table& table,
                                       std::size_t route, const http::request_head& head,
                                       arena& room) {
    const auto& settings = (*table.routes)[route]->settings;
    const auto& marks = tell.places().routes;
    const auto config_path = path_of("routes", route) + ".rewrite.";
    const auto path = proxy::path_for_node(settings, head, room);
    if (!path)
        return std::nullopt;
    told_sending made;
    made.path.text = tell.shown(config_path + "prefix", *path);
    if (head.has_query)
        made.path.text.append("?").append(head.query);
    made.path.at = tell.at(marks.key(route, "rewrite", "prefix"));
    made.host.text = tell.shown(config_path + "host", proxy::authority_for_node(settings, head));
    made.host.at = tell.at(marks.key(route, "rewrite", "host"));
    made.host_rule = word_of(settings.rewrite.host);
    return made;
}

std::vector<told_service> services_of(const teller& tell, const proxy::table& table,
                                      std::size_t route, service_question asked) {
    std::vector<told_service> all;
    const auto count = (*table.routes)[route]->targets.size();
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(told_target(tell, table, route, i, asked).tell());
    return all;
}

std::optional<told_answer> answer_of_all(const std::vector<told_service>& services) {
    const told_service* one = nullptr;
    bool all_alike = true;
    for (const auto& each : services) {
        if (each.share == 0)
            continue;
        if (!each.answer)
            return std::nullopt;
        all_alike = all_alike && (one == nullptr || one->answer->code == each.answer->code);
        one = &each;
    }
    if (one != nullptr && !all_alike)
        return std::nullopt;  // whichever service its share leads to
    const auto no_node = http::reply_for(errc::no_healthy_node).word;
    if (one == nullptr || services.size() == 1 || one->answer->code != no_node)
        return one == nullptr ? std::nullopt : one->answer;
    return own_answer(errc::no_healthy_node,
                      "no service with a share of the requests has a node for them");
}

std::vector<told_timeout> client_timeouts_of(const teller& tell,
                                             const http::listener_settings& listener) {
    const auto& held = tell.values().timeouts;
    std::vector<told_timeout> all;
    for (const auto& one : client_deadlines)
        if (!one.with_tls_only || listener.tls)
            all.push_back(global_timeout(tell, one.key, config::duration_text(held.*one.held)));
    all.push_back(global_timeout(
        tell, "min_rate", held.min_rate == 0 ? "off" : std::to_string(held.min_rate) + " B/s"));
    return all;
}

}  // namespace sluice::app::explain
