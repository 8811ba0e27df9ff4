// SPDX-License-Identifier: Apache-2.0
#include "commands/proxy_text.hpp"

#include <catch2/catch.hpp>

using sluice::commands::proxy_configuration;
using sluice::commands::proxy_wish;

namespace {

std::string configuration_of(std::vector<std::string> to, std::string host = "preserve") {
    std::string problem;
    const auto text =
        proxy_configuration({":8080", std::move(to), std::move(host), "[::1]:9901"}, problem);
    return text ? *text : "problem: " + problem;
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("sluice proxy stands for a configuration of one route") {
    CHECK(configuration_of({"http://127.0.0.1:3000"}) ==
          "listeners:\n"
          "  - {name: web, address: \"0.0.0.0:8080\"}\n"
          "services:\n"
          "  - name: nodes\n"
          "    source: fixed\n"
          "    url: [\"127.0.0.1:3000\"]\n"
          "    tls: {mode: disabled}\n"
          "routes:\n"
          "  - name: all\n"
          "    service: nodes\n"
          "    rewrite: {host: \"preserve\"}\n"
          "admin: {address: \"[::1]:9901\"}\n");
}

TEST_CASE("names are found by DNS and each scheme has its port and its TLS") {
    const auto https = configuration_of({"https://Shop.example.com/"});
    CHECK(holds(https, "source: dns\n    url: [\"shop.example.com:443\"]\n    tls: {mode: tls}"));
    const auto http = configuration_of({"http://[::1]", "http://10.0.0.1:81"}, "upstream");
    CHECK(holds(
        http,
        "source: fixed\n    url: [\"[::1]:80\", \"10.0.0.1:81\"]\n    tls: {mode: disabled}"));
    CHECK(holds(http, "rewrite: {host: \"upstream\"}"));
    CHECK(holds(configuration_of({"unix:/run/x.sock"}),
                "source: fixed\n    url: [\"unix:/run/x.sock\"]"));
}

TEST_CASE("a path of the URL takes the place of the root") {
    CHECK(holds(configuration_of({"http://10.0.0.1/a/b"}),
                "match: {path: {prefix: /}}\n    rewrite: {prefix: \"/a/b\", host: \"preserve\"}"));
}

TEST_CASE("what sluice proxy cannot reach is refused with what was expected") {
    CHECK(configuration_of({}) == "problem: --to is missing");
    CHECK(configuration_of({"127.0.0.1:3000"}) ==
          "problem: --to \"127.0.0.1:3000\": not http://NODE[/PATH], https://NODE[/PATH] or "
          "unix:/PATH, "
          "did you mean \"http://127.0.0.1:3000\"?");
    for (const char* bad : {"", "ftp://x", "http://", "http://a?b", "http://u@h", "http://h:99999",
                            "http:///x", "http://a\n/"}) {
        INFO(bad);
        CHECK(holds(configuration_of({bad}), "problem: --to"));
    }
    CHECK(
        holds(configuration_of({"http://10.0.0.1", "https://10.0.0.1"}), "differs from the first"));
    CHECK(holds(configuration_of({"http://10.0.0.1", "http://name"}), "differs from the first"));
    CHECK(holds(configuration_of({"http://10.0.0.1/a", "http://10.0.0.2/b"}),
                "differs from the first"));
}

TEST_CASE("no text of the command line can leave its place in the configuration") {
    const auto text = configuration_of({"http://10.0.0.1"}, "x\"}\nlog: {level: debug}");
    CHECK(holds(text, "host: \"x\\\"}\\nlog: {level: debug}\""));
}
