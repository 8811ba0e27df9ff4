// SPDX-License-Identifier: Apache-2.0
// sluice explain: which listener, route, service and nodes a request would meet, where each is
// configured, and why other routes do not get it. Sends, binds, resolves and writes nothing.
#include "app/explain/explain.hpp"

#include "app/build_table.hpp"
#include "commands/command.hpp"
#include "commands/commands.hpp"
#include "commands/config_option.hpp"
#include "net/listener_tls.hpp"
#include "sluice/base/strings.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace sluice::commands {

namespace {

using app::explain::open_entrance;

struct options {
    std::shared_ptr<std::string> config;
    std::string format = "text";
    std::vector<std::string> headers;
    admin::explain_request request;
};

/// The listeners as they would be, were they bound.
class entrances {
public:
    explicit entrances(const app::settings& from) {
        for (const auto& one : from.listeners) {
            const auto& made = tls_.emplace_back(
                one.tls ? std::make_shared<const net::listener_tls>(
                              *one.tls, one.name, std::make_shared<net::ticket_keys>(),
                              std::vector<std::string_view>{})
                        : nullptr);
            all_.push_back({&one, one.address, made.get()});
        }
    }
    const std::vector<open_entrance>& all() const noexcept { return all_; }

private:
    std::vector<std::shared_ptr<const net::listener_tls>> tls_;
    std::vector<open_entrance> all_;
};

int refuse(const std::string& problem) {
    std::cerr << "sluice explain: " << problem << '\n';
    return usage;
}

/// `name: value`; false for a text without a colon.
bool add_header(const std::string& text, admin::explain_request& to) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
        return false;
    to.headers.emplace_back(trim(std::string_view(text).substr(0, colon)),
                            trim(std::string_view(text).substr(colon + 1)));
    return true;
}

int explain(options& asked) {
    for (const auto& one : asked.headers)
        if (!add_header(one, asked.request))
            return refuse(sluice::quoted(one) + " is not a header such as 'x-channel: beta'");
    const auto loaded = app::load_settings(*asked.config);
    std::cerr << loaded.problems.text();
    if (!loaded.problems.good())
        return bad_config;
    const auto table = app::build_table(loaded.values, 1, 1);
    const entrances open(loaded.values);
    const auto answer = app::explain::answer(asked.request, {loaded, *table, open.all()});
    if (!answer.of)
        return refuse(answer.problem);
    std::cout << (asked.format == "json" ? to_json(*answer.of) + "\n" : to_text(*answer.of));
    return answer.of->route ? good : failed;
}

}  // namespace

void add_explain(CLI::App& program, int& exit) {
    const auto asked = std::make_shared<options>();
    command self(program, "explain",
                 "Say which route and service a request would meet, and why not others");
    asked->config = add_config_option(self);
    self.add("-X,--request", asked->request.method, "The method, GET if not given").type("METHOD");
    self.add("-H,--header", asked->headers,
             "A header, 'name: value'; again for each one. Host stands for the URL's")
        .type("HEADER");
    self.add("--listener", asked->request.listener, "Where it comes in, when the URL does not tell")
        .type("NAME");
    self.add("--format", asked->format, "How it is told: text or json")
        .one_of({"text", "json"})
        .type("FORMAT");
    self.add("URL", asked->request.url, "http://... or https://...").required();
    self.footer(
        "Sends, binds, resolves and writes nothing. The request has the headers given here and "
        "Host, "
        "no others.\n"
        "Exit status: 0 a route matches, 1 none does, 78 bad configuration, 64 bad usage.");
    self.runs(exit, [asked] { return explain(*asked); });
}

}  // namespace sluice::commands
