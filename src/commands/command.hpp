// SPDX-License-Identifier: Apache-2.0
// One command and its options, as the files of commands write them down. CLI11 stays behind it: its header costs each
// file that includes it more than the command itself.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sluice::commands {

/// An option just added, to say more about it.
class option {
public:
    explicit option(CLI::Option& of) noexcept : of_(&of) {}

    option& type(const char* name);  ///< what it takes, in capitals
    option& required();
    option& one_of(std::initializer_list<const char*> words);
    option& shows_default();  ///< its variable's value, in the help
    bool given() const;       ///< on the command line, once that is read

private:
    CLI::Option* of_;
};

class command {
public:
    command(CLI::App& program, const char* name, const char* description);

    /// `names` is `-c,--config` or, for an argument known by its place, `FILE`. `to` outlives the
    /// parsing; as a list it takes one value each time the option is given.
    option add(const char* names, std::string& to, const std::string& description);
    option add(const char* names, std::vector<std::string>& to, const std::string& description);
    void add_flag(const char* name, bool& to, const char* description);

    void footer(const char* text);
    /// Called when the line is read, before the command runs.
    void when_read(std::function<void()> what);
    /// What the command does; what it returns goes to `exit`, which outlives the parsing.
    void runs(int& exit, std::function<int()> what);

private:
    CLI::App* of_;
};

}  // namespace sluice::commands
