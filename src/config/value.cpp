// SPDX-License-Identifier: Apache-2.0
#include "sluice/config/value.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::config {

void append_key(std::string& path, std::string_view key) {
    const bool plain = !key.empty() && std::ranges::all_of(key, [](char c) {
        return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
    });
    if (!plain)
        path += "[" + quoted(key) + "]";
    else
        (path += path.empty() ? "" : ".") += key;
}

void append_index(std::string& path, std::size_t index) {
    path += "[" + std::to_string(index) + "]";
}

std::string value::path() const {
    if (!parent_)
        return {};
    auto path = parent_->path();
    if (parent_->is_list())
        append_index(path, index_);
    else
        append_key(path, node_->key);
    return path;
}

std::optional<value> value::find(std::string_view key) const& {
    if (!is_map())
        return std::nullopt;
    for (std::size_t i = 0; i < size(); ++i)
        if (node_->children[i].key == key)
            return (*this)[i];
    return std::nullopt;
}

std::string value::shown() const {
    switch (what()) {
    case shape::null:
        return "nothing";
    case shape::list:
        return "a list";
    case shape::map:
        return "a map";
    case shape::text:
        break;
    }
    return is_hidden() ? "the value" : quoted(text());
}

std::string value::directory() const {
    const auto& file = report_->file_name(where().file);
    return file.substr(0, file.rfind('/') + 1);
}

void value::refuse(std::string message, std::string expected, std::string suggestion) const {
    if (node_->is_broken)
        return;
    report_->add({severity::error, where(), path(), std::move(message), std::move(expected),
                  is_hidden() ? std::string() : std::move(suggestion), false});
}

void value::refuse_key(std::string message, std::string expected, std::string suggestion) const {
    report_->add({severity::error, key_where(), path(), std::move(message), std::move(expected),
                  std::move(suggestion), true});
}

void value::warn(std::string message, std::string expected, std::string suggestion) const {
    report_->add({severity::warning, where(), path(), std::move(message), std::move(expected),
                  is_hidden() ? std::string() : std::move(suggestion), false});
}

void value::refuse_as(std::string_view expected, std::string suggestion) const {
    auto what_came = what() == shape::null ? "nothing was given" : shown() + " does not fit";
    refuse(std::move(what_came), std::string(expected), std::move(suggestion));
}

}  // namespace sluice::config
