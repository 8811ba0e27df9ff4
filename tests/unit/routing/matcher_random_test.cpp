// SPDX-License-Identifier: Apache-2.0
// The matcher against the contract's words written down as slowly and plainly as they can be.
#include "matcher_fixture.hpp"

#include <catch2/catch.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

namespace sluice::routing {

namespace {

/// How well a rule fits, the smaller the better; compared member by member, in the order of the
/// contract.
using fit = std::tuple<int, int, int, int, int, std::size_t>;

/// 0 exact; 1 and the negative length of the wildcard; 2 any. nullopt: does not match.
std::optional<std::pair<int, int>> host_fit(const rule& one, std::string_view host) {
    if (one.hosts.empty())
        return std::pair{2, 0};
    std::optional<std::pair<int, int>> best;
    for (const std::string& name : one.hosts) {
        std::optional<std::pair<int, int>> now;
        if (name == host)
            now = std::pair{0, 0};
        else if (name.starts_with("*.") && host.size() >= name.size() &&
                 host.ends_with(name.substr(1)))
            now = std::pair{1, -static_cast<int>(name.size())};
        if (now && (!best || *now < *best))
            best = now;
    }
    return best;
}

bool regex_holds(const std::string& text, const std::string& path) {
    static std::map<std::string, re2::RE2> compiled;
    return re2::RE2::FullMatch(path, compiled.try_emplace(text, text).first->second);
}

/// 0 exact; 1 regex; 2 and the negative length of the prefix; no path is a prefix of length 0.
std::optional<std::pair<int, int>> path_fit(const path_rule& one, const std::string& path) {
    switch (one.how) {
    case path_rule::kind::any:
        return std::pair{2, 0};
    case path_rule::kind::exact:
        return one.text == path ? std::optional{std::pair{0, 0}} : std::nullopt;
    case path_rule::kind::regex:
        return regex_holds(one.text, path) ? std::optional{std::pair{1, 0}} : std::nullopt;
    case path_rule::kind::prefix:
        const std::string bounded = one.text.ends_with('/') ? one.text : one.text + '/';
        if (path != one.text && !path.starts_with(bounded))
            return std::nullopt;
        return std::pair{2, -static_cast<int>(one.text.size())};
    }
    return std::nullopt;
}

struct plain_request {
    std::string host, path, method, listener, header,
        query;  ///< header: the value of X; query: the value of q
};

bool value_holds(const value_rule& one, const std::string& value, const std::string& name) {
    if (value.empty() || one.name != name)  // an empty text: the field is not there
        return false;
    return one.how == value_rule::kind::present || value == one.text;
}

bool conditions_hold(const rule& one, const plain_request& asked) {
    const auto among = [](const std::vector<std::string>& some, const std::string& name) {
        return some.empty() || std::count(some.begin(), some.end(), name) > 0;
    };
    return among(one.methods, asked.method) && among(one.listeners, asked.listener) &&
           std::all_of(one.headers.begin(), one.headers.end(),
                       [&](auto& h) { return value_holds(h, asked.header, "x"); }) &&
           std::all_of(one.query.begin(), one.query.end(),
                       [&](auto& q) { return value_holds(q, asked.query, "q"); });
}

std::optional<std::size_t> brute_force(const std::vector<rule>& rules, const plain_request& asked) {
    std::optional<fit> best;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const rule& one = rules[i];
        const auto host = host_fit(one, asked.host);
        const auto path = path_fit(one.path, asked.path);
        if (!host || !path || !conditions_hold(one, asked))
            continue;
        const auto count = static_cast<int>(one.headers.size() + one.query.size()) +
                           !one.methods.empty() + !one.listeners.empty();
        const fit now{host->first, host->second, path->first, path->second, -count, i};
        best = best ? std::min(*best, now) : now;
    }
    return best ? std::optional{std::get<5>(*best)} : std::nullopt;
}

class generator {
public:
    explicit generator(unsigned seed) : random_(seed) {}

    rule make_rule() {
        rule made;
        for (auto n = pick(3); n > 0; --n)
            made.hosts.push_back(pick(2) ? make_host() : "*." + make_host());
        made.path = make_path_rule();
        if (pick(4) == 0)
            made.methods = {"POST"};
        if (pick(5) == 0)
            made.listeners = {"secure"};
        if (pick(4) == 0)
            made.headers.push_back(
                {"x", pick(2) ? value_rule::kind::exact : value_rule::kind::present, "1"});
        if (pick(4) == 0)
            made.query.push_back(
                {"q", pick(2) ? value_rule::kind::exact : value_rule::kind::present, "1"});
        return made;
    }

    plain_request make_request() {
        const char* values[] = {"", "1", "2"};
        return {pick(20) ? make_host() : "",
                pick(30) ? make_path() : "*",
                pick(2) ? "GET" : "POST",
                pick(3) ? "web" : "secure",
                values[pick(3)],
                values[pick(3)]};
    }

private:
    std::size_t pick(std::size_t below) { return random_() % below; }

    std::string make_host() {
        static constexpr std::string_view labels[] = {"a", "b", "org"};
        std::string host{labels[pick(3)]};
        for (auto n = pick(4); n > 0; --n)
            host += "." + std::string{labels[pick(3)]};
        return host;
    }

    std::string make_path() {
        static constexpr std::string_view segments[] = {"a", "b", "ab", "", "1"};
        std::string path;
        for (auto n = 1 + pick(4); n > 0; --n)
            path += "/" + std::string{segments[pick(5)]};
        return path;
    }

    path_rule make_path_rule() {
        static const std::string regexes[] = {"/a.*", "/a/.*", "/(a|b)/[0-9]", ".*b",   "/ab?",
                                              "/a+",  "/a*/b", "/b/.*1",       "/ab|/b"};
        switch (pick(5)) {
        case 0:
            return {};
        case 1:
            return exact(make_path());
        case 2:
            return regex(regexes[pick(std::size(regexes))]);
        default:
            return prefix(make_path());
        }
    }

    std::mt19937 random_;
};

}  // namespace

TEST_CASE("the index agrees with a plain reading of the contract on 200,000 random requests") {
    int matched = 0;
    for (unsigned seed = 0; seed < 1000; ++seed) {
        generator make{seed};
        std::vector<rule> rules(2 + seed % 40);
        std::generate(rules.begin(), rules.end(), [&] { return make.make_rule(); });
        const matcher index{rules};
        for (int round = 0; round < 200; ++round) {
            const plain_request asked = make.make_request();
            request sent{asked.host, asked.path, asked.method};
            sent.via(asked.listener);
            if (!asked.header.empty())
                sent.with_header("X", asked.header);
            const std::string query = "q=" + asked.query;
            if (!asked.query.empty())
                sent.with_query(query);
            const auto wanted = brute_force(rules, asked);
            if (index.match(sent) != wanted)
                FAIL("seed " << seed << ", round " << round << ": " << asked.host << " "
                             << asked.path);
            matched += wanted.has_value();
        }
    }
    CHECK(matched > 100'000);
}

}  // namespace sluice::routing
