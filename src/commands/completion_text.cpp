// SPDX-License-Identifier: Apache-2.0
#include "commands/completion_text.hpp"

#include "sluice/base/strings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sluice::commands {

namespace {

// Every text of the table stands in single quotes in a script; inside them a quote ends the text.
std::string shell_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text)
        c == '\'' ? out += "'\\''" : out += c;
    return out + '\'';
}

std::vector<std::string> names_of(const command_table& table) {
    std::vector<std::string> names;
    for (const auto& command : table.commands)
        names.push_back(command.name);
    return names;
}

std::vector<std::string> option_names(const command_row& command) {
    std::vector<std::string> names;
    for (const auto& option : command.options)
        names.insert(names.end(), option.names.begin(), option.names.end());
    return names;
}

// bash: what follows an option that takes a value.
std::string bash_value(const option_row& option) {
    const auto reply =
        option.takes_file() ? std::string("compgen -f -- \"$word\"")
        : option.choices.empty()
            ? std::string()
            : fmt::format("compgen -W {} -- \"$word\"",
                          shell_text(fmt::to_string(fmt::join(option.choices, " "))));
    if (reply.empty())
        return fmt::format("                {}) return ;;\n", fmt::join(option.names, " | "));
    return fmt::format("                {}) mapfile -t COMPREPLY < <({}); return ;;\n",
                       fmt::join(option.names, " | "), reply);
}

// bash: the words a command itself takes, beside its options.
std::string bash_words(const command_row& command) {
    auto words = option_names(command);
    for (const auto& option : command.options)
        if (option.names.empty())
            words.insert(words.end(), option.choices.begin(), option.choices.end());
    return fmt::to_string(fmt::join(words, " "));
}

bool takes_bare_file(const command_row& command) {
    for (const auto& option : command.options)
        if (option.names.empty() && option.choices.empty())
            return true;
    return false;
}

std::string bash_command(const command_row& command) {
    std::string values;
    for (const auto& option : command.options)
        if (!option.names.empty() && !option.value.empty())
            values += bash_value(option);
    const auto before =
        values.empty() ? std::string()
                       : fmt::format("            case $before in\n{}            esac\n", values);
    return fmt::format(
        "        {})\n{}            mapfile -t COMPREPLY < <(compgen {}-W {} -- \"$word\")\n"
        "            ;;\n",
        command.name, before, takes_bare_file(command) ? "-f " : "",
        shell_text(bash_words(command)));
}

std::string fish_option(const std::string& program, const command_row& command,
                        const option_row& option) {
    auto line = fmt::format("complete -c {} -n {}", program,
                            shell_text("__fish_seen_subcommand_from " + command.name));
    for (const auto& name : option.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.choices.empty())
        line +=
            fmt::format(" -x -a {}", shell_text(fmt::to_string(fmt::join(option.choices, " "))));
    else if (option.takes_file() || option.names.empty())
        line += " -r -F";
    else if (!option.value.empty())
        line += " -x";
    return line + fmt::format(" -d {}\n", shell_text(option.description));
}

// zsh gives a colon and brackets a meaning inside a specification.
std::string zsh_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']')
            out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(const option_row& option) {
    if (!option.choices.empty())
        return fmt::format("({})", fmt::join(option.choices, " "));
    return option.takes_file() || option.names.empty() ? "_files" : " ";
}

std::string zsh_option(const option_row& option) {
    if (option.names.empty())
        return "            " +
               shell_text(fmt::format(":{}:{}", zsh_escaped(option.value), zsh_action(option))) +
               " \\\n";
    std::string lines;
    for (const auto& name : option.names) {
        auto text = fmt::format("{}[{}]", name, zsh_escaped(option.description));
        if (!option.value.empty())
            text += fmt::format(":{}:{}", zsh_escaped(option.value), zsh_action(option));
        lines += "            " + shell_text(text) + " \\\n";
    }
    return lines;
}

}  // namespace

std::string bash_completion(const command_table& table) {
    std::string cases;
    for (const auto& command : table.commands)
        cases += bash_command(command);
    return fmt::format(
        "# bash completion of {0}, written by: {0} completion bash\n"
        "_{0}() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
        "    COMPREPLY=()\n"
        "    if ((COMP_CWORD == 1)); then\n"
        "        mapfile -t COMPREPLY < <(compgen -W {1} -- \"$word\")\n"
        "        return\n"
        "    fi\n"
        "    case ${{COMP_WORDS[1]}} in\n{2}    esac\n"
        "}}\n"
        "complete -o filenames -F _{0} {0}\n",
        table.program, shell_text(fmt::to_string(fmt::join(names_of(table), " ")) + " --help"),
        cases);
}

std::string fish_completion(const command_table& table) {
    auto text = fmt::format("# fish completion of {0}, written by: {0} completion fish\n"
                            "complete -c {0} -f\n",
                            table.program);
    for (const auto& command : table.commands) {
        text += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", table.program,
                            command.name, shell_text(command.description));
        for (const auto& option : command.options)
            text += fish_option(table.program, command, option);
    }
    return text;
}

std::string zsh_completion(const command_table& table) {
    std::string names, cases;
    for (const auto& command : table.commands) {
        names += fmt::format("            {}\n",
                             shell_text(zsh_escaped(command.name) + ":" + command.description));
        std::string options;
        for (const auto& option : command.options)
            options += zsh_option(option);
        cases += fmt::format(
            "        {})\n            _arguments \\\n{}            && return\n            ;;\n",
            command.name, options);
    }
    return fmt::format("#compdef {0}\n"
                       "# zsh completion of {0}, written by: {0} completion zsh\n"
                       "_{0}() {{\n"
                       "    if ((CURRENT == 2)); then\n"
                       "        local -a names=(\n{1}        )\n"
                       "        _describe command names\n"
                       "        return\n"
                       "    fi\n"
                       "    local command=$words[2]\n"
                       "    shift words\n"
                       "    ((CURRENT--))\n"
                       "    case $command in\n{2}    esac\n"
                       "}}\n"
                       "_{0} \"$@\"\n",
                       table.program, names, cases);
}

}  // namespace sluice::commands
