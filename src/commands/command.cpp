// SPDX-License-Identifier: Apache-2.0
#include "commands/command.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace sluice::commands {

option& option::type(const char* name) {
    of_->type_name(name);
    return *this;
}

option& option::required() {
    of_->required();
    return *this;
}

option& option::one_of(std::initializer_list<const char*> words) {
    of_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
    return *this;
}

option& option::shows_default() {
    of_->capture_default_str();
    return *this;
}

bool option::given() const { return of_->count() > 0; }

command::command(CLI::App& program, const char* name, const char* description)
    : of_(program.add_subcommand(name, description)) {}

option command::add(const char* names, std::string& to, const std::string& description) {
    return option(*of_->add_option(names, to, description));
}

option command::add(const char* names, std::vector<std::string>& to,
                    const std::string& description) {
    return option(*of_->add_option(names, to, description)->take_all()->allow_extra_args(false));
}

void command::add_flag(const char* name, bool& to, const char* description) {
    of_->add_flag(name, to, description);
}

void command::footer(const char* text) { of_->footer(text); }

void command::when_read(std::function<void()> what) {
    of_->parse_complete_callback(std::move(what));
}

void command::runs(int& exit, std::function<int()> what) {
    of_->callback([&exit, what = std::move(what)] { exit = what(); });
}

}  // namespace sluice::commands
