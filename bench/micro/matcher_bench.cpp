// SPDX-License-Identifier: Apache-2.0
// What finding a route costs as their number grows: exact hosts, prefixes under one host, regexes
// under one host; and what building the index and reading a target cost. 100, 1,000 or 16,000 of
// the routes are asked for in a shuffled order: with as many as the smaller tables have the size of
// the table is all that differs, with more it is also how much of it the cache has to hold.
#include "routing/matcher.hpp"
#include "sluice/http/target.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace {

using sluice::routing::matcher;
using sluice::routing::path_rule;
using sluice::routing::rule;

struct question {
    std::string host, path;
};

/// Rules, and one request that each of them wins.
struct world {
    std::vector<rule> rules;
    std::vector<question> questions;
};

world exact_hosts(std::size_t count) {
    world made;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string host = "shop-" + std::to_string(i) + ".example.com";
        made.rules.emplace_back().hosts = {host};
        made.questions.push_back({host, "/orders/1234"});
    }
    return made;
}

world with_paths(std::size_t count, path_rule::kind how, const std::string& tail,
                 const std::string& asked) {
    world made;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string path = "/api/v1/service-" + std::to_string(i);
        rule& one = made.rules.emplace_back();
        one.hosts = {"shop.example.com"};
        one.path = {how, path + tail};
        made.questions.push_back({"shop.example.com", path + asked});
    }
    return made;
}

world prefixes(std::size_t count) {
    return with_paths(count, path_rule::kind::prefix, "", "/orders/1234");
}

world regexes(std::size_t count) {
    return with_paths(count, path_rule::kind::regex, "/[a-z]+/[0-9]+", "/orders/1234");
}

/// range(0): routes; range(1): how many of them are asked for, in turn.
void ask(benchmark::State& state, world made) {
    const matcher index{made.rules};
    std::shuffle(made.questions.begin(), made.questions.end(), std::mt19937{1});
    made.questions.resize(
        std::min(made.questions.size(), static_cast<std::size_t>(state.range(1))));
    std::vector<sluice::http::request_head> heads(made.questions.size());
    for (std::size_t i = 0; i < heads.size(); ++i) {
        heads[i].host = made.questions[i].host;
        heads[i].path = made.questions[i].path;
        heads[i].method_name = "GET";
    }
    for (const auto& head : heads)  // compiles the regexes
        benchmark::DoNotOptimize(index.match({head, "web"}));
    std::size_t at = 0;
    for (auto _ : state) {
        const auto found = index.match({heads[at], "web"});
        if (!found)
            state.SkipWithError("a request found no route");
        benchmark::DoNotOptimize(found);
        at = at + 1 == heads.size() ? 0 : at + 1;
    }
}

void match_exact_hosts(benchmark::State& state) {
    ask(state, exact_hosts(static_cast<std::size_t>(state.range(0))));
}
void match_prefixes(benchmark::State& state) {
    ask(state, prefixes(static_cast<std::size_t>(state.range(0))));
}
void match_regexes(benchmark::State& state) {
    ask(state, regexes(static_cast<std::size_t>(state.range(0))));
}

void build(benchmark::State& state, const world& made) {
    for (auto _ : state)
        benchmark::DoNotOptimize(matcher{made.rules});
}

void build_exact_hosts(benchmark::State& state) {
    build(state, exact_hosts(static_cast<std::size_t>(state.range(0))));
}
void build_prefixes(benchmark::State& state) {
    build(state, prefixes(static_cast<std::size_t>(state.range(0))));
}
void build_regexes(benchmark::State& state) {
    build(state, regexes(static_cast<std::size_t>(state.range(0))));
}

void parse(benchmark::State& state, std::string_view raw) {
    sluice::arena room;
    for (auto _ : state) {
        benchmark::DoNotOptimize(raw);
        benchmark::DoNotOptimize(sluice::http::parse_target(raw, sluice::http::method::get, room));
        room.reset();
    }
}

void parse_canonical(benchmark::State& state) {
    parse(state, "/api/v1/service-17/orders/1234?page=2&size=50");
}
void parse_rewritten(benchmark::State& state) {
    parse(state, "/api/v1/./service%2D17/orders/x/../1234?page=2&size=50");
}

const std::vector<std::int64_t> sizes{10, 100, 1'000, 10'000, 100'000};

BENCHMARK(match_exact_hosts)->ArgsProduct({sizes, {100, 1'000, 16'000}});
BENCHMARK(match_prefixes)->ArgsProduct({sizes, {100, 1'000, 16'000}});
BENCHMARK(match_regexes)->ArgsProduct({sizes, {100, 1'000, 16'000}});
BENCHMARK(build_exact_hosts)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(build_prefixes)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(build_regexes)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(parse_canonical);
BENCHMARK(parse_rewritten);

}  // namespace
