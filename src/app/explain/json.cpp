// SPDX-License-Identifier: Apache-2.0
// An explanation as JSON. What is not there is null, never left out.
#include "app/explain/explanation.hpp"
#include "sluice/base/json_writer.hpp"

#include <fmt/format.h>

namespace sluice::app::explain {

namespace {

void put(json_writer& out, std::string_view key, std::string_view text) {
    out.key(key);
    if (text.empty())
        out.null();
    else
        out.text(text);
}

void put(json_writer& out, std::string_view key, const told& one) {
    put(out, key, one.text);
    put(out, std::string(key) + "_at", one.at);
}

void put(json_writer& out, const told_listener& one) {
    out.begin_map();
    put(out, "name", one.name.text);
    put(out, "address", one.address);
    put(out, "at", one.name.at);
    put(out, "note", one.note);
    out.end_map();
}

void put(json_writer& out, const told_answer& one) {
    out.begin_map();
    out.key("status").number(one.status);
    put(out, "code", one.code);
    put(out, "message", one.message);
    out.end_map();
}

void put(json_writer& out, const told_route& one) {
    out.begin_map();
    put(out, "name", one.name.text);
    put(out, "at", one.name.at);
    put(out, "host", one.host);
    put(out, "path", one.path);
    out.end_map();
}

void put(json_writer& out, const told_sending& one) {
    out.begin_map();
    put(out, "path", one.path);
    put(out, "host", one.host);
    put(out, "host_rule", one.host_rule);
    out.end_map();
}

void put(json_writer& out, const told_timeout& one) {
    out.begin_map();
    put(out, "name", one.name);
    put(out, "value", one.value);
    put(out, "from", one.level);
    put(out, "at", one.at);
    out.end_map();
}

void put(json_writer& out, const told_node& one) {
    out.begin_map();
    put(out, "address", one.address);
    out.key("weight").number(one.weight);
    out.key("tier").number(one.tier);
    put(out, "host", one.host);
    put(out, "tls_name", one.tls_name);
    out.end_map();
}

void put(json_writer& out, const std::string& one) { out.text(one); }

void put(json_writer& out, const told_service& one);
void put(json_writer& out, const told_loser& one);

template <class T>
void put_list(json_writer& out, std::string_view key, const std::vector<T>& all) {
    out.key(key).begin_list();
    for (const auto& one : all)
        put(out, one);
    out.end_list();
}

template <class T>
void put_maybe(json_writer& out, std::string_view key, const std::optional<T>& one) {
    out.key(key);
    if (one)
        put(out, *one);
    else
        out.null();
}

void put(json_writer& out, const told_service& one) {
    out.begin_map();
    put(out, "name", one.name.text);
    put(out, "at", one.name.at);
    out.key("weight").number(one.weight);
    out.key("share").embed(fmt::format("{:.4g}", one.share));
    put(out, "chosen_at", one.chosen_at);
    put(out, "source", one.source);
    put(out, "balancer", one.balancer);
    put_list(out, "nodes", one.nodes);
    put_list(out, "names", one.names);
    put(out, "nodes_at", one.nodes_at);
    out.key("tls").begin_map();
    put(out, "mode", one.tls.mode.text);
    out.key("verify").flag(one.tls.verify);
    put(out, "at", one.tls.mode.at);
    out.end_map();
    put_list(out, "timeouts", one.timeouts);
    put_maybe(out, "answer", one.answer);
    out.end_map();
}

std::string_view word_of(told_loser::kind how) {
    switch (how) {
    case told_loser::kind::failed:
        return "failed";
    case told_loser::kind::outranked:
        return "outranked";
    case told_loser::kind::near_miss:
        break;
    }
    return "near_miss";
}

void put(json_writer& out, const told_loser& one) {
    out.begin_map();
    put(out, "route", one.route.text);
    put(out, "at", one.route.at);
    put(out, "how", word_of(one.how));
    put(out, "condition", one.condition);
    put(out, "reason", one.reason);
    out.end_map();
}

}  // namespace

std::string to_json(const explanation& from) {
    json_writer out;
    out.begin_map();
    out.key("request").begin_map();
    put(out, "method", from.method);
    put(out, "url", from.url);
    put(out, "host", from.host);
    put(out, "path", from.path);
    put(out, "query", from.query);
    out.end_map();
    out.key("listener");
    put(out, from.listener);
    put_maybe(out, "route", from.route);
    put_maybe(out, "answer", from.answer);
    put_maybe(out, "to_node", from.sending);
    put_list(out, "services", from.services);
    put_list(out, "client_timeouts", from.client_timeouts);
    put_list(out, "losers", from.losers);
    out.end_map();
    return out.take();
}

}  // namespace sluice::app::explain
