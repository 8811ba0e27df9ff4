// SPDX-License-Identifier: Apache-2.0
#include "app/explain/explain.hpp"

#include "app/explain/leads_to.hpp"
#include "app/explain/losers.hpp"
#include "app/explain/teller.hpp"
#include "net/listener_tls.hpp"
#include "proxy/request_for_node.hpp"
#include "sluice/base/strings.hpp"
#include "sluice/http/grpc.hpp"
#include "sluice/http/target.hpp"

#include <algorithm>
#include <utility>

namespace sluice::app::explain {

namespace {

/// The listener of that name, else nothing and what to say about it.
std::optional<std::size_t> find_entrance(const std::string& name,
                                         std::span<const open_entrance> all, std::string& problem) {
    const auto found = std::ranges::find(
        all, name, [](const auto& one) -> const std::string& { return one.settings->name; });
    if (found != all.end())
        return static_cast<std::size_t>(found - all.begin());
    problem = "no listener named " + quoted(name);
    return std::nullopt;
}

std::string scheme_of(bool tls) { return tls ? "https" : "http"; }

/// One request on its way, from the listener to the nodes.
class way {
public:
    way(const surroundings& around, const admin::explain_request& asked, const url_parts& url,
        std::size_t entrance)
        : around_(around), tell_(around.settings), url_(url), entrance_(around.entrances[entrance]),
          came_(asked, url,
                {around.settings.values.limits, entrance_.settings->underscore_headers,
                 entrance_.settings->path_normalize}) {
        made_.method = asked.method;
        made_.url = asked.url;
        made_.listener = {
            tell_.listener(entrance),
            tell_.shown(path_of("listeners", entrance) + ".address", entrance_.where.to_string()),
            {}};
        made_.client_timeouts = client_timeouts_of(tell_, *entrance_.settings);
    }

    void note(const std::string& text) { made_.listener.note = text; }

    explanation go() && {
        if (const auto& refused = came_.refusal())
            made_.answer = own_answer(refused->code, refused->reason);
        else if (read_head(); !may_ask())
            made_.answer = own_answer(errc::misdirected);
        else
            match();
        return std::move(made_);
    }

private:
    void read_head() {
        made_.host = came_.head().host;
        made_.path = came_.head().path;
        made_.query = came_.head().query;
    }

    // As a client does that knows SNI: the name of the URL, and no name for an address.
    bool may_ask() {
        if (entrance_.certificates == nullptr)
            return true;
        const auto named = http::parse_authority(url_.authority, came_.room());
        http::client_facts client;
        client.certificates = entrance_.certificates;
        client.terms = entrance_.certificates->terms_for(
            named && !net::address::parse(std::string(named->host) + ":1") ? named->host : "");
        return client.may_ask_for(came_.head().host);
    }

    void match() {
        const auto& table = around_.table;
        const routing::request_view request{came_.head(), entrance_.settings->name};
        const auto winner = table.matcher->match(request);
        const auto candidates = table.matcher->candidates(request);
        made_.losers = losers_of(tell_, table, request, candidates, winner);
        if (!winner) {
            made_.answer = own_answer(errc::no_route);
            return;
        }
        const auto how = std::ranges::find_if(candidates, [&](const auto& one) {
            return one.route == *winner && one.lost_by == routing::miss{};
        });
        made_.route = won_by(tell_, table, request, *how);
        const bool is_call = http::grpc::is_call(came_.head());
        made_.services = services_of(tell_, table, *winner, {around_.sources_tell, is_call});
        made_.sending = sending_of(tell_, table, *winner, came_.head(), came_.room());
        const auto from_all = answer_of_all(made_.services);
        const bool no_calls = is_call && from_all && from_all->status == 501;
        if (is_call && http::grpc::timeout_of(came_.head()).malformed)
            made_.answer = own_answer(errc::bad_request, "grpc-timeout is malformed");
        else if (!no_calls && proxy::announces_too_much(came_.head(), table.bounds))
            made_.answer = own_answer(errc::body_too_large);
        else if (!no_calls && !made_.sending)
            made_.answer = own_answer(errc::bad_request);
        else
            made_.answer = from_all;
    }

    const surroundings& around_;
    teller tell_;
    const url_parts& url_;
    const open_entrance& entrance_;
    arrival came_;
    explanation made_;
};

}  // namespace

outcome answer(const admin::explain_request& asked, const surroundings& around) {
    if (auto problem = problem_of(asked); !problem.empty())
        return {std::nullopt, std::move(problem)};
    const auto url = *split_url(asked.url);
    auto chosen = choose_entrance(url, around.entrances);
    if (!asked.listener.empty()) {
        std::string problem;
        const auto named = find_entrance(asked.listener, around.entrances, problem);
        if (!named)
            return {std::nullopt, std::move(problem)};
        const auto& settings = *around.entrances[*named].settings;
        chosen = {*named, settings.tls.has_value() == url.tls};
    }
    way one(around, asked, url, chosen.at);
    if (!chosen.fits && asked.listener.empty())
        one.note("no listener takes " + scheme_of(url.tls) + " on port " +
                 std::to_string(url.port) + ": told as if it came in here");
    else if (!chosen.fits)
        one.note("it speaks " + scheme_of(!url.tls) + ", the URL says " + scheme_of(url.tls));
    return {std::move(one).go(), {}};
}

}  // namespace sluice::app::explain
