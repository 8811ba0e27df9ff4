// SPDX-License-Identifier: Apache-2.0
// A cursor over one value of a configuration: knows its path and place, and turns complaints into
// problems of the report. Used by kinds (kinds.hpp), schemas (schema.hpp) and checks between
// modules; lives on the stack while a configuration is read, a child never longer than the value it
// came from.
#pragma once

#include "sluice/config/node.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::config {

/// The path of a member or an element below `path`: `a.b`, `a["odd key"]`, `a[3]`.
void append_key(std::string& path, std::string_view key);
void append_index(std::string& path, std::size_t index);

class value {
public:
    value(const node& root, report& problems) : node_(&root), report_(&problems) {}

    shape what() const noexcept { return node_->what; }
    bool is_text() const noexcept { return what() == shape::text; }
    bool is_list() const noexcept { return what() == shape::list; }
    bool is_map() const noexcept { return what() == shape::map; }
    /// Empty for anything but a text.
    std::string_view text() const noexcept { return node_->text; }
    /// Written without quotes, or put in by ${...}: may be read as a number or a truth value.
    bool is_plain() const noexcept { return is_text() && (!node_->is_quoted || node_->is_hidden); }
    bool is_hidden() const noexcept { return node_->is_hidden; }
    place where() const noexcept { return node_->where; }
    std::string_view key() const noexcept { return node_->key; }
    place key_where() const noexcept { return node_->key_where; }
    report& problems() const noexcept { return *report_; }
    std::string path() const;

    /// Children of a list or a map; 0 for anything else.
    std::size_t size() const noexcept { return node_->children.size(); }
    value operator[](std::size_t index) const& {
        return {node_->children[index], *report_, this, index};
    }
    /// The member of that name, if this is a map and has it.
    std::optional<value> find(std::string_view key) const&;
    value operator[](std::size_t) const&& = delete;
    std::optional<value> find(std::string_view) const&& = delete;

    /// What a message may call this value: its text in quotes, "a list", or "the value" when it is
    /// hidden.
    std::string shown() const;
    /// The folder of the file this value stands in, empty or with its slash: relative paths start
    /// there.
    std::string directory() const;

    /// Adds an error about this value. The suggestion is dropped when the value is hidden: it would
    /// give it away.
    void refuse(std::string message, std::string expected = {}, std::string suggestion = {}) const;
    /// The same, shown at the key and without what follows it on the line.
    void refuse_key(std::string message, std::string expected = {},
                    std::string suggestion = {}) const;
    void warn(std::string message, std::string expected = {}, std::string suggestion = {}) const;
    /// "X is not <expected>", the usual complaint about a wrong type or text.
    void refuse_as(std::string_view expected, std::string suggestion = {}) const;
    /// Keeps the value out of every shown line.
    void hide() const { report_->mask(where()); }

private:
    value(const node& one, report& problems, const value* parent, std::size_t index)
        : node_(&one), report_(&problems), parent_(parent), index_(index) {}

    const node* node_;
    report* report_;
    const value* parent_ = nullptr;
    std::size_t index_ = 0;
};

}  // namespace sluice::config
