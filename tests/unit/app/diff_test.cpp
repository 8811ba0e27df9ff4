// SPDX-License-Identifier: Apache-2.0
#include "app/diff.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

using lines = std::vector<std::string>;

namespace {

sluice::app::loaded_settings read(const std::string& yaml,
                                  const std::map<std::string, std::string>& variables = {}) {
    auto around = sluice::config::machine();
    around.read = [=](const std::string&, std::size_t, std::string&) {
        return std::optional(yaml);
    };
    around.identity = [](const std::string& path) { return path; };
    around.variable = [=](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    auto loaded = sluice::app::load_settings("a.yaml", around);
    INFO(loaded.problems.text());
    REQUIRE(loaded.problems.good());
    return loaded;
}

const std::string listeners = "listeners: [{name: web, address: \"127.0.0.1:80\"}]\n";

lines between(const std::string& before, const std::string& after) {
    return differences(read(listeners + before), read(listeners + after));
}

}  // namespace

TEST_CASE("a configuration differs from itself in nothing, however it is written") {
    const std::string services = "services: [{name: s, url: \"10.0.0.1:80\"}]\n";
    const std::string written = "services:\n  - url: [\"10.0.0.1:80\"]\n    name: s\n    pool: "
                                "{idle: 512}\nworkers: auto\n";
    CHECK(between(services, written).empty());
}

TEST_CASE("entries come and go by their names, and changed ones tell their keys") {
    const auto told =
        between("services: [{name: a, url: \"10.0.0.1:80\"}, {name: b, url: \"10.0.0.1:81\"}]\n"
                "routes: [{name: x, service: a}, {name: y, match: {methods: [GET]}, service: b}]\n",
                "services: [{name: b, url: \"10.0.0.1:81 weight=2\", pool: {max: 9, idle: 3}},"
                " {name: c, url: \"10.0.0.1:82\"}]\n"
                "routes: [{name: y, match: {methods: [GET, PUT]}, services: [{name: b}, {name: c}],"
                " rewrite: {host: upstream}}]\n");
    CHECK(told ==
          lines{"- service a", R"(~ service b: url ["10.0.0.1:81"] -> ["10.0.0.1:81 weight=2"])",
                "~ service b: pool.idle 512 -> 3", "~ service b: pool.max 1024 -> 9", "+ service c",
                "- route x", R"(~ route y: match.methods ["GET"] -> ["GET","PUT"])",
                R"(~ route y: service "b" -> nothing)",
                R"(~ route y: services nothing -> [{"name":"b","weight":1},)"
                R"({"name":"c","weight":1}])",
                R"(~ route y: rewrite.host "preserve" -> "upstream")"});
}

TEST_CASE("the order of routes counts, that of services does not") {
    const std::string services = "services: [{name: a, url: \"10.0.0.1:80\"}]\n";
    CHECK(between(services + "routes: [{name: x, service: a}, {name: y, service: a}]\n",
                  services + "routes: [{name: y, service: a}, {name: x, service: a}]\n") ==
          lines{"~ routes: another order"});
    CHECK(between("services: [{name: a, url: \"10.0.0.1:80\"}, {name: b, url: \"10.0.0.1:81\"}]\n",
                  "services: [{name: b, url: \"10.0.0.1:81\"}, {name: a, url: \"10.0.0.1:80\"}]\n")
              .empty());
}

TEST_CASE("global keys are told by their path, and what needs a restart says so") {
    CHECK(between("limits: {head: 32KiB}\n",
                  "workers: 3\nlimits: {head: 64KiB}\nadmin: {address: \"127.0.0.1:1\"}\n") ==
          lines{R"(~ workers "auto" -> 3 (takes effect on restart))",
                R"(~ admin.address "127.0.0.1:9901" -> "127.0.0.1:1" (takes effect on restart))",
                R"(~ limits.head "32KiB" -> "64KiB")"});
}

TEST_CASE("a secret and what a reference brought in are only said to have changed") {
    const std::string text = listeners +
                             "admin: {token: \"${env:TOKEN}\"}\n"
                             "services: [{name: \"${env:NAME}\", url: \"${env:NODE}\"}]\n";
    const auto told =
        differences(read(text, {{"TOKEN", "planted1"}, {"NAME", "s"}, {"NODE", "10.0.0.1:80"}}),
                    read(text, {{"TOKEN", "planted2"}, {"NAME", "s"}, {"NODE", "10.0.0.9:80"}}));
    CHECK(told == lines{"~ admin.token changed", "~ service ***: url changed"});
    const auto plain = differences(read(listeners + "admin: {token: planted3}\n"),
                                   read(listeners + "admin: {token: planted4}\n"));
    CHECK(plain == lines{"~ admin.token changed"});
}

TEST_CASE("long values are cut") {
    const auto told = between("services: [{name: a, url: \"10.0.0.1:80\"}]\n",
                              "services: [{name: a, url: \"10.0.0.1:80\"}]\nroutes: [{name: x, "
                              "match: {hosts: [" +
                                  std::string(50, 'a') + ".b]}, service: a}]\n");
    CHECK(told == lines{"+ route x"});
    std::string hosts;
    for (int i = 0; i < 40; ++i)
        hosts += "host" + std::to_string(i) + ".example.com,";
    hosts.pop_back();
    const std::string services = "services: [{name: a, url: \"10.0.0.1:80\"}]\n";
    const auto cut =
        between(services + "routes: [{name: x, service: a}]\n",
                services + "routes: [{name: x, match: {hosts: [" + hosts + "]}, service: a}]\n");
    REQUIRE(cut.size() == 1);
    CHECK(cut[0].size() < 300);
    CHECK(cut[0].ends_with("..."));
}
