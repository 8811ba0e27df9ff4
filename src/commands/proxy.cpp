// SPDX-License-Identifier: Apache-2.0
// sluice proxy: one listener before the nodes of one service, with no file. What it serves is a
// configuration like any other; --print shows it, to go on from.
#include "app/load_settings.hpp"
#include "commands/command.hpp"
#include "commands/commands.hpp"
#include "commands/proxy_text.hpp"
#include "commands/run_gateway.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace sluice::commands {

namespace {

struct options {
    proxy_wish wish{":8080", {}, "preserve", "127.0.0.1:9901"};
    bool only_print = false;
};

constexpr auto name_in_problems = "command line";

// The configuration of a command line is read as if it stood in a file.
app::loaded_settings load_text(const std::string& yaml) {
    auto around = config::machine();
    around.read = [&, disk = around.read](const std::string& path, std::size_t most,
                                          std::string& error) {
        return path == name_in_problems ? std::optional(yaml) : disk(path, most, error);
    };
    return app::load_settings(name_in_problems, around);
}

int proxy(const options& asked) {
    std::string problem;
    const auto yaml = proxy_configuration(asked.wish, problem);
    if (!yaml) {
        std::cerr << "sluice proxy: " << problem << '\n';
        return usage;
    }
    if (asked.only_print) {
        std::cout << *yaml;
        return good;
    }
    return run_gateway([yaml] { return load_text(*yaml); });
}

}  // namespace

void add_proxy(CLI::App& program, int& exit) {
    const auto asked = std::make_shared<options>();
    auto& wish = asked->wish;
    command self(program, "proxy", "Run a gateway before one service, without a file");
    self.add("--listen", wish.listen, "IP:PORT, [v6]:PORT, :PORT or unix:/PATH")
        .type("ADDR")
        .shows_default();
    self.add("--to", wish.to,
             "http://NODE[:PORT][/PATH], https://... or unix:/PATH; again for further nodes")
        .required()
        .type("URL");
    self.add("--host", wish.host, "Host as nodes see it: preserve, upstream or a name")
        .type("HOST")
        .shows_default();
    self.add("--admin", wish.admin, "Where the admin API listens").type("ADDR").shows_default();
    self.add_flag("--print", asked->only_print, "Print the configuration it stands for and end");
    self.footer("Example: sluice proxy --listen :8080 --to http://127.0.0.1:3000\n"
                "Names are asked of DNS and followed; certificates of https nodes are verified.");
    self.runs(exit, [asked] { return proxy(*asked); });
}

}  // namespace sluice::commands
