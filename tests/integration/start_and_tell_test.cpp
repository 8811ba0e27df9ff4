// SPDX-License-Identifier: Apache-2.0
// A process that is built and asked, but not run: what a failed start gives back, and what the
// admin API tells of values that references brought in.
#include "admin/api.hpp"
#include "app/process.hpp"
#include "fake/gateway_rig.hpp"

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using sluice::app::loaded_settings;
using sluice::app::process;

namespace {

/// A configuration that is the whole of a made-up disk; every variable holds its own name around a
/// secret word.
loaded_settings load_text(const std::string& text) {
    return sluice::app::load_settings(
        "main.yaml",
        {[text](const auto&, std::size_t, std::string&) { return std::optional(text); },
         [](const auto&) { return std::vector<std::string>(); },
         [](const auto& path) { return path; },
         [](const std::string& name) -> std::optional<std::string> {
             if (name == "ADDRESS")
                 return "127.0.0.1:0";
             if (name == "NODE")
                 return "10.83.67.51:80";
             return name == "NODES" ? "10.83.67.51:81,10.83.67.51:82" : "s3cr3t" + name;
         }});
}

constexpr const char* references_everywhere = R"(
listeners:
  - {name: "${env:l}", address: "${env:ADDRESS}"}
services:
  - {name: "${env:a}", url: ["${env:NODE}"]}
  - {name: "${env:b}", url: "${env:NODES}"}
routes:
  - name: "${env:r}"
    match:
      hosts: ["${env:h}.example", "*.${env:h}.example"]
      path: {prefix: "/${env:p}"}
      methods: ["${env:M}"]
      headers: {x-key: "${env:k}", x-like: {regex: "${env:k}.*"}}
      query: {q: "${env:q}", r: {regex: "${env:q}.*"}}
      listeners: ["${env:l}"]
    services: [{name: "${env:a}", weight: 1}, {name: "${env:b}", weight: 2}]
    rewrite: {prefix: "/${env:n}", host: "${env:o}.example"}
  - {name: exact, match: {path: {exact: "/${env:p}"}}, service: "${env:a}"}
  - {name: regex, match: {path: {regex: "/${env:p}.*"}}, services: [{name: "${env:a}"}]}
admin: {address: "127.0.0.1:0"}
access_log: {path: "off"}
workers: 1
)";

sluice::admin::answer ask(process& gateway, std::string_view path) {
    sluice::admin::request one;
    one.method = "GET";
    one.path = path;
    one.host = "127.0.0.1:9901";
    return sluice::admin::respond(one, {{}, {}, true}, gateway);
}

int next_descriptor() {
    const fake::socket probe(::dup(0));
    return probe.fd();
}

struct folder {
    folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "sluice-start-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~folder() { std::filesystem::remove_all(path); }
    std::string path;
};

loaded_settings settings_at(const std::string& web, const std::string& admin) {
    loaded_settings loaded;
    loaded.values = fake::settings_for({});
    loaded.values.workers = 3;
    loaded.values.admin.address = *sluice::net::address::parse(admin);
    for (const auto& where : {std::string("127.0.0.1:0"), web}) {
        sluice::http::listener_settings one;
        one.name = "web";
        one.address = *sluice::net::address::parse(where);
        loaded.values.listeners.push_back(one);
    }
    return loaded;
}

}  // namespace

TEST_CASE("no answer of the admin API shows what a reference brought in, wherever it stands") {
    auto loaded = load_text(references_everywhere);
    INFO(loaded.problems.text());
    REQUIRE(loaded.problems.good());
    process gateway(std::move(loaded));
    for (const auto path : {"/api/v1/routes", "/api/v1/services", "/api/v1/services/s3cr3ta",
                            "/api/v1/listeners", "/api/v1/config", "/api/v1/status"}) {
        const auto said = ask(gateway, path);
        INFO(path << ": " << said.body);
        CHECK(said.status == 200);
        CHECK(said.body.find("s3cr3t") == std::string::npos);
        CHECK(said.body.find("10.83.67.51") == std::string::npos);
    }
    CHECK(ask(gateway, "/api/v1/listeners").body ==
          R"({"listeners":[{"name":"***","address":"***","connections":0}]})");
    CHECK(ask(gateway, "/api/v1/routes")
              .body.find(R"("headers":{"x-key":"***","x-like":{"regex":"***"}})") !=
          std::string::npos);
}

TEST_CASE("a start that fails gives back every descriptor and socket file it had bound") {
    const folder mine;
    const auto socket = mine.path + "/web.sock";
    const auto next = next_descriptor();
    const process taken(settings_at("127.0.0.1:0", "127.0.0.1:0"));
    const auto before = next_descriptor();
    REQUIRE(before > next);
    CHECK_THROWS_AS(process(settings_at("unix:" + socket, taken.admin_address().to_string())),
                    std::system_error);
    CHECK(next_descriptor() == before);
    CHECK_THROWS_AS(process(settings_at(taken.admin_address().to_string(), "unix:" + socket)),
                    std::system_error);
    CHECK(next_descriptor() == before);
    CHECK_FALSE(std::filesystem::exists(socket));
}
