// SPDX-License-Identifier: Apache-2.0
// The configurations that ship, and the dump of the effective one.
#include "app/load_settings.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

namespace sluice::app {

namespace {

const std::string conf = SLUICE_SOURCE_DIR "/conf/";

/// A configuration that is the whole of a made-up disk.
loaded_settings load_text(const std::string& text) {
    return load_settings("main.yaml",
                         {[text](const auto& path, std::size_t, std::string& error) {
                              error = "no such file";
                              return path == "main.yaml" ? std::optional(text) : std::nullopt;
                          },
                          [](const auto&) { return std::vector<std::string>(); },
                          [](const auto& path) { return path; },
                          [](const auto& name) {
                              return name == "TOKEN" ? std::optional<std::string>("s3cr3t")
                                                     : std::nullopt;
                          }});
}

constexpr const char* small = "listeners: [{name: web, address: \"127.0.0.1:0\"}]\n"
                              "services: [{name: app, url: \"10.0.0.1:80,10.0.0.2:80 weight=5\"}]\n"
                              "routes: [{name: all, service: app}]\n";

/// Every built key below `keys` is present in some map of `values`, which all have that schema.
void expect_all_keys(const config::any_schema& keys, const std::vector<boost::json::value>& values,
                     const std::string& path);

std::vector<boost::json::value> elements(const std::vector<boost::json::value>& values) {
    std::vector<boost::json::value> found;
    for (const auto& value : values)
        if (value.is_array())
            found.insert(found.end(), value.as_array().begin(), value.as_array().end());
        else if (value.is_object())
            for (const auto& member : value.as_object())
                found.push_back(member.value());
    return found;
}

void expect_inside(const config::form& look, const std::vector<boost::json::value>& values,
                   const std::string& path) {
    if (look.keys)
        expect_all_keys(*look.keys, values, path + ".");
    const bool is_either = look.what == config::form::type::either;
    for (const auto& part : look.parts)
        expect_inside(part, is_either ? values : elements(values), path);
}

void expect_all_keys(const config::any_schema& keys, const std::vector<boost::json::value>& values,
                     const std::string& path) {
    for (const auto& one : keys.keys()) {
        if (!one.is_built)
            continue;
        std::vector<boost::json::value> found;
        for (const auto& value : values)
            if (value.is_object() && value.as_object().contains(one.key))
                found.push_back(value.at(one.key));
        INFO(path << one.key);
        CHECK((!found.empty() || one.key == "include"));
        expect_inside(one.look, found, path + std::string(one.key));
    }
}

}  // namespace

TEST_CASE("conf/sluice.yaml loads and says what it seems to say") {
    const auto loaded = load_settings(conf + "sluice.yaml");
    INFO(loaded.problems.text());
    REQUIRE(loaded.problems.problems().empty());
    CHECK(loaded.values.listeners.at(0).address.to_string() == "127.0.0.1:8080");
    CHECK(loaded.values.admin.address.to_string() == "127.0.0.1:9901");
    CHECK(loaded.values.services.at(0).nodes.size() == 2);
    CHECK(loaded.places.routes.size() == 1);
}

TEST_CASE("conf/full.yaml loads and has every key of this version") {
    const auto loaded = load_settings(conf + "full.yaml");
    INFO(loaded.problems.text());
    REQUIRE(loaded.problems.problems().empty());
    expect_all_keys(settings_schema(), {boost::json::parse(loaded.effective())}, "");
}

TEST_CASE("what conf/full.yaml calls a default is the default") {
    const auto full = boost::json::parse(load_settings(conf + "full.yaml").effective());
    const auto bare = boost::json::parse(load_text(small).effective());
    for (const auto block : {"workers", "metrics", "access_log", "log", "limits", "timeouts"}) {
        INFO(block);
        CHECK(full.at(block) == bare.at(block));
    }
    for (const auto key : {"source", "tls", "protocol", "balancer", "pool", "retries"}) {
        INFO(key);
        CHECK(full.at("services").at(0).at(key) == bare.at("services").at(0).at(key));
    }
    for (const auto key : {"protocols", "proxy_protocol", "underscore_headers", "path_normalize"}) {
        INFO(key);
        CHECK(full.at("listeners").at(0).at(key) == bare.at("listeners").at(0).at(key));
    }
}

TEST_CASE("the effective configuration is a configuration that dumps the same") {
    const auto first = load_settings(conf + "full.yaml");
    auto again = boost::json::parse(first.effective());
    again.at("admin").as_object()["token"] = "another";  // *** is not a token worth keeping
    const auto second = load_text(boost::json::serialize(again));
    INFO(second.problems.text());
    REQUIRE(second.problems.good());
    CHECK(second.effective() == first.effective());
}

TEST_CASE("a secret is in the settings and nowhere else") {
    const auto loaded = load_text(std::string(small) +
                                  "admin: {token: \"${env:TOKEN}\", hosts: [\"${env:TOKEN}\"]}\n");
    REQUIRE(loaded.problems.good());
    CHECK(loaded.values.admin.token.matches("s3cr3t"));
    CHECK(loaded.values.admin.hosts.at(0) == "s3cr3t");
    CHECK(loaded.effective().find("s3cr3t") == std::string::npos);
    CHECK(loaded.hidden == std::set<std::string>{"admin.token", "admin.hosts[0]"});
}

TEST_CASE("a secret in the long form of a service is hidden in the short form it is dumped in") {
    const auto loaded = load_text("listeners: [{name: web, address: \"127.0.0.1:0\"}]\n"
                                  "services: [{name: \"${env:TOKEN}\", url: \"10.0.0.1:80\"}]\n"
                                  "routes: [{name: all, services: [{name: \"${env:TOKEN}\"}]}]\n");
    INFO(loaded.problems.text());
    REQUIRE(loaded.problems.good());
    CHECK(loaded.effective().find("s3cr3t") == std::string::npos);
}

TEST_CASE("overrides, weights and short forms reach the settings") {
    const auto loaded =
        load_text(std::string(small) +
                  "timeouts: {connect: 1s}\nworkers: 3\naccess_log: {path: logs/access.log}\n"
                  "limits: {body: 1MiB}\n");
    REQUIRE(loaded.problems.good());
    CHECK(loaded.values.workers == 3u);
    CHECK(loaded.values.timeouts.connect == std::chrono::seconds(1));
    CHECK(loaded.values.timeouts.upstream_tls == std::chrono::seconds(5));
    CHECK(loaded.values.limits.body == 1u << 20);
    CHECK(loaded.values.services.at(0).nodes.at(1).weight == 5);
    CHECK(loaded.values.routes.at(0).services.at(0).name == "app");
    CHECK(loaded.values.access_log.path == "logs/access.log");
}

TEST_CASE("a default gives way to the bound that was written, and two bounds that were written "
          "stay as they are") {
    const auto pool_of = [](const std::string& pool) {
        const auto loaded = load_text("listeners: [{name: web, address: \"127.0.0.1:0\"}]\n"
                                      "services: [{name: app, url: \"10.0.0.1:80\", pool: " +
                                      pool +
                                      "}]\n"
                                      "routes: [{name: all, service: app}]\n");
        return loaded.problems.good() ? std::optional(loaded.values.services.at(0).pool)
                                      : std::nullopt;
    };
    REQUIRE(pool_of("{max: 100}"));
    CHECK(pool_of("{max: 100}")->idle == 100);
    CHECK(pool_of("{max: 2000}")->idle == 512);
    CHECK(pool_of("{idle: 2000}")->max == 2000);
    CHECK(pool_of("{idle: 100}")->max == 1024);
    CHECK_FALSE(pool_of("{idle: 101, max: 100}"));

    const auto limits_of = [](const std::string& limits) {
        const auto loaded = load_text(std::string(small) + "limits: " + limits + "\n");
        return loaded.problems.good() ? std::optional(loaded.values.limits) : std::nullopt;
    };
    REQUIRE(limits_of("{head: 8KiB}"));
    CHECK(limits_of("{head: 8KiB}")->line == 8 * 1024);
    CHECK(limits_of("{line: 64KiB}")->head == 64 * 1024);
    CHECK_FALSE(limits_of("{line: 9KiB, head: 8KiB}"));
}

TEST_CASE("only workers and admin.address wait for a restart") {
    std::vector<std::string> found;
    const auto collect = [&](const auto& self, const config::form& look,
                             const std::string& path) -> void {
        for (const auto& part : look.parts)
            self(self, part, path);
        if (look.keys)
            for (const auto& one : look.keys->keys()) {
                if (one.traits & config::on_restart)
                    found.push_back(path + std::string(one.key));
                self(self, one.look, path + std::string(one.key) + ".");
            }
    };
    collect(collect, {.what = config::form::type::map, .keys = &settings_schema()}, "");
    CHECK(found == std::vector<std::string>{"workers", "admin.address"});
}

TEST_CASE("a file that cannot be opened is a problem, not an exception") {
    const auto loaded = load_settings(conf + "nowhere.yaml");
    REQUIRE(loaded.problems.problems().size() == 1);
    CHECK(loaded.problems.problems()[0].message ==
          "the file cannot be read: No such file or directory");
    CHECK_FALSE(load_settings(conf).problems.good());
}

}  // namespace sluice::app
