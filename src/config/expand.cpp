// SPDX-License-Identifier: Apache-2.0
#include "expand.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::config {

namespace {

constexpr std::string_view how =
    "${env:NAME}, ${env:NAME:-default} or ${file:PATH}; $${ for a literal ${";

bool is_variable_name(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

/// As in a shell, `:-` also stands in for a variable that is set but empty.
std::optional<std::string> read_variable(std::string_view what, const surroundings& around,
                                         std::string& error) {
    const auto dash = what.find(":-");
    const std::string name(what.substr(0, dash));
    if (!is_variable_name(name)) {
        error = "a reference that is none, write " + std::string(how);
        return std::nullopt;
    }
    auto found = around.variable(name);
    if (dash != std::string_view::npos && (!found || found->empty()))
        return std::string(what.substr(dash + 2));
    if (!found)
        error = "the environment variable " + name + " is not set";
    return found;
}

std::optional<std::string> read_file(std::string_view path, const std::string& directory,
                                     const surroundings& around, std::size_t most,
                                     std::string& error) {
    const auto whole_path = resolve(directory, path);
    std::string reason;
    auto found = around.read(whole_path, most, reason);
    if (!found) {
        error = "the file " + quoted(whole_path) + " cannot be read: " + reason;
        return std::nullopt;
    }
    if (found->ends_with('\n'))
        found->pop_back();
    return found;
}

std::optional<std::string> read_reference(std::string_view inside, const std::string& directory,
                                          const surroundings& around, std::size_t most,
                                          std::string& error) {
    constexpr std::string_view env = "env:", file = "file:";
    std::optional<std::string> found;
    if (inside.starts_with(env))
        found = read_variable(inside.substr(env.size()), around, error);
    else if (inside.starts_with(file) && inside.size() > file.size())
        found = read_file(inside.substr(file.size()), directory, around, most, error);
    else
        error = "a reference that is none, write " + std::string(how);
    if (found && (found->find('\0') != std::string::npos ||
                  find_invalid_utf8(*found) != std::string_view::npos)) {
        error = "what the reference leads to is not UTF-8 text";
        return std::nullopt;
    }
    return found;
}

}  // namespace

std::string resolve(const std::string& directory, std::string_view path) {
    return path.starts_with('/') ? std::string(path) : directory + std::string(path);
}

std::optional<expansion> expand(std::string_view text, const std::string& directory,
                                const surroundings& around, std::size_t most_file_bytes,
                                std::string& error) {
    expansion result;
    for (;;) {
        const auto dollar = text.find("${");
        if (dollar == std::string_view::npos) {
            result.text += text;
            return result;
        }
        result.text += text.substr(0, dollar);
        if (dollar > 0 && text[dollar - 1] == '$') {  // the `$` of `$${` stands for the whole
            result.text += '{';
            text.remove_prefix(dollar + 2);
            continue;
        }
        const auto end = text.find('}', dollar);
        if (end == std::string_view::npos) {
            error = "a ${ without its }, write " + std::string(how);
            return std::nullopt;
        }
        const auto found = read_reference(text.substr(dollar + 2, end - dollar - 2), directory,
                                          around, most_file_bytes, error);
        if (!found)
            return std::nullopt;
        result.text += *found;
        result.is_hidden = true;
        text.remove_prefix(end + 1);
    }
}

}  // namespace sluice::config
