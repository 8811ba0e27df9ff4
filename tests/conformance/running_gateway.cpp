// SPDX-License-Identifier: Apache-2.0
#include "running_gateway.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace sluice::conformance {

namespace {

std::string yaml_of(const gateway_setup& setup) {
    return fmt::format("workers: 2\n"
                       "listeners: [{{name: web, address: \"127.0.0.1:0\"{}}}]\n"
                       "services: [{{name: all, url: \"{}\"{}}}]\n"
                       "routes: {}\n"
                       "admin: {{address: \"127.0.0.1:0\"}}\n"
                       "access_log: {{path: off}}\n"
                       "{}\n",
                       setup.listener, setup.nodes, setup.service, setup.routes, setup.more);
}

// One file, held in memory.
config::surroundings one_file(std::string text) {
    auto around = config::machine();
    around.read = [text = std::move(text)](const std::string&, std::size_t, std::string&) {
        return std::optional(text);
    };
    around.identity = [](const std::string& path) { return path; };
    return around;
}

app::loaded_settings load(const gateway_setup& setup) {
    telemetry::set_log_level(
        telemetry::log_level::error);  // the start of a test's gateway is no news
    auto loaded = app::load_settings("gateway.yaml", one_file(yaml_of(setup)));
    if (!loaded.problems.good())
        throw std::runtime_error("the test's configuration is wrong:\n" + yaml_of(setup));
    return loaded;
}

}  // namespace

running_gateway::running_gateway(const gateway_setup& setup)
    : process_(std::make_unique<app::process>(load(setup))), control_([this] { process_->run(); }) {
}

running_gateway::~running_gateway() {
    process_->stop();
    process_->stop();  // no test waits for a drain
    control_.join();
}

}  // namespace sluice::conformance
