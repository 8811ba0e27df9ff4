// SPDX-License-Identifier: Apache-2.0
#include "app/explain/reasons.hpp"

#include "routing/query.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <vector>

namespace sluice::app::explain {

namespace {

using routing::miss;
using routing::path_rule;
using routing::rule;
using routing::value_rule;

constexpr std::size_t most_listed = 5;

/// `a`, `a or b`, `a, b or c`; after five only how many more.
std::string one_of(const std::vector<std::string>& texts) {
    std::string all;
    const auto shown = std::min(texts.size(), most_listed);
    for (std::size_t i = 0; i < shown; ++i) {
        const bool is_last = i + 1 == texts.size();
        all += (i == 0 ? "" : is_last ? " or " : ", ") + texts[i];
    }
    if (shown < texts.size())
        all += " or one of " + std::to_string(texts.size() - shown) + " more";
    return all;
}

/// Everything about one rule that does not get the request.
class words {
public:
    words(const teller& tell, std::size_t route, const rule& of,
          const routing::request_view& request)
        : tell_(tell), route_(route), rule_(of), request_(request) {}

    reason host() const {
        const std::string_view host = request_.head.host;
        auto sentence =
            "host is " + std::string(host) + ", wants " + one_of(listed(rule_.hosts, "hosts"));
        for (std::size_t i = 0; i < rule_.hosts.size(); ++i)
            if (rule_.hosts[i].starts_with("*.") && rule_.hosts[i].substr(2) == host &&
                is_told(path_of(path_to("hosts"), i)))
                sentence += ": a wildcard stands for one label at least";
        return {"host", std::move(sentence), mark("hosts")};
    }

    reason path() const {
        const std::string_view path = request_.head.path;
        auto sentence =
            "path is " + std::string(path) + ", wants " + path_wanted(tell_, route_, rule_);
        if (rule_.path.how == path_rule::kind::prefix && path.starts_with(rule_.path.text) &&
            is_told(path_to("path.prefix")))
            sentence += ": a prefix ends where a segment ends";
        return {"path", std::move(sentence), mark("path")};
    }

    reason method() const {
        const std::string method(request_.head.method_name);
        auto sentence =
            "method is " + method + ", wants " + one_of(listed(rule_.methods, "methods"));
        if (std::ranges::any_of(rule_.methods,
                                [&](const auto& one) { return iequals(one, method); }))
            sentence += ": methods are told apart by case";
        return {"method", std::move(sentence), mark("methods")};
    }

    reason listener() const {
        return {"listener",
                "came in on " + std::string(request_.listener) + ", wants " +
                    one_of(listed(rule_.listeners, "listeners")),
                mark("listeners")};
    }

    reason header(std::size_t index) const {
        const auto& wanted = rule_.headers[index];
        std::vector<std::string> sent;
        if (iequals(wanted.name, "host"))
            sent.emplace_back(request_.head.authority);
        for (const auto& one : request_.head.fields)
            if (iequals(one.name, wanted.name))
                sent.emplace_back(one.value);
        return {"header", value_sentence("header", wanted, sent, "headers"),
                mark("headers", index)};
    }

    reason query(std::size_t index) const {
        const auto& wanted = rule_.query[index];
        std::vector<std::string> sent;
        routing::query_reader pairs{request_.head.query};
        while (const auto one = pairs.next())
            if (routing::decodes_to(one->name, wanted.name))
                sent.push_back(routing::decode(one->value));
        return {"query", value_sentence("query", wanted, sent, "query"), mark("query", index)};
    }

private:
    std::string path_to(std::string_view key) const {
        return path_of("routes", route_) + ".match." + std::string(key);
    }
    std::optional<config::place> mark(std::string_view key,
                                      std::size_t nth = key_marks::whole) const {
        const auto& marks = tell_.places().routes;
        const auto found = marks.key(route_, "match", key, nth);
        return found ? found : marks.key(route_, "match", key);
    }
    std::vector<std::string> listed(const std::vector<std::string>& texts,
                                    std::string_view key) const {
        std::vector<std::string> shown;
        for (std::size_t i = 0; i < texts.size() && i <= most_listed; ++i)
            shown.push_back(tell_.shown(path_of(path_to(key), i), texts[i]));
        shown.resize(texts.size());  // the rest is only counted
        return shown;
    }
    bool is_told(const std::string& path) const { return tell_.shown(path, "x") == "x"; }

    std::string value_sentence(std::string_view what, const value_rule& wanted,
                               const std::vector<std::string>& sent, std::string_view key) const {
        auto path = path_to(key);
        config::append_key(path, wanted.name);
        auto sentence = std::string(what) + " " + wanted.name;
        if (sent.empty())
            sentence += " is missing";
        else
            sentence += " is " + quoted(sent.front()) +
                        (sent.size() > 1 ? " and others that do not fit" : "");
        if (wanted.how == value_rule::kind::exact)
            sentence += ", wants " + quoted(tell_.shown(path, wanted.text));
        if (wanted.how == value_rule::kind::regex)
            sentence += ", wants all of it to match " + tell_.shown(path + ".regex", wanted.text);
        return sentence;
    }

    const teller& tell_;
    std::size_t route_;
    const rule& rule_;
    const routing::request_view& request_;
};

/// In the order the matcher asks them.
int rank_of(path_rule::kind how) noexcept {
    return how == path_rule::kind::exact ? 0 : how == path_rule::kind::regex ? 1 : 2;
}

std::size_t prefix_length(const path_rule& one) noexcept {
    return one.how == path_rule::kind::prefix ? one.text.size() : 0;
}

}  // namespace

reason reason_for(const teller& tell, std::size_t route, const rule& of,
                  const routing::request_view& request, miss by) {
    const words say(tell, route, of, request);
    switch (by.what) {
    case miss::kind::host:
        return say.host();
    case miss::kind::path:
        return say.path();
    case miss::kind::method:
        return say.method();
    case miss::kind::listener:
        return say.listener();
    case miss::kind::header:
        return say.header(by.index);
    case miss::kind::query:
        return say.query(by.index);
    case miss::kind::none:
        break;
    }
    return {"none", "every condition holds", std::nullopt};
}

std::string rank_reason(const routing::candidate& winner, const rule& won,
                        const routing::candidate& loser, const rule& lost) {
    using level = routing::candidate::level;
    if (winner.host != loser.host)
        return winner.host == level::exact_host ? "it names the host itself"
                                                : "it names the host by a wildcard";
    if (winner.host_length != loser.host_length)
        return "its wildcard is longer";
    if (rank_of(won.path.how) != rank_of(lost.path.how))
        return won.path.how == path_rule::kind::exact ? "it names the whole path"
                                                      : "a regular expression goes before a prefix";
    if (won.path.how != lost.path.how)
        return "it asks for a path";
    if (prefix_length(won.path) != prefix_length(lost.path))
        return "its prefix is longer";
    if (routing::conditions::count(won) != routing::conditions::count(lost))
        return "it has more conditions";
    return "it stands before it in the file";
}

std::string host_met(const teller& tell, const routing::candidate& how, const rule& of,
                     const routing::request_view& request) {
    using level = routing::candidate::level;
    if (how.host == level::any_host)
        return "any host";
    const std::string_view host = request.head.host;
    const auto name = host.substr(host.size() - how.host_length);
    const auto wanted = (how.host == level::wildcard_host ? "*." : "") + std::string(name);
    for (std::size_t i = 0; i < of.hosts.size(); ++i)
        if (iequals(of.hosts[i], wanted))
            return tell.shown(path_of(path_of("routes", how.route) + ".match.hosts", i), wanted);
    return wanted;
}

std::string path_wanted(const teller& tell, std::size_t route, const rule& of) {
    const auto text = [&](std::string_view key) {
        return tell.shown(path_of("routes", route) + ".match.path." + std::string(key),
                          of.path.text);
    };
    switch (of.path.how) {
    case path_rule::kind::any:
        break;
    case path_rule::kind::exact:
        return "exactly " + text("exact");
    case path_rule::kind::prefix:
        return "the prefix " + text("prefix");
    case path_rule::kind::regex:
        return "all of it to match " + text("regex");
    }
    return "any path";
}

}  // namespace sluice::app::explain
