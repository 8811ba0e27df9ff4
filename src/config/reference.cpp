// SPDX-License-Identifier: Apache-2.0
#include "sluice/config/reference.hpp"

#include "sluice/base/strings.hpp"
#include "sluice/config/json_schema.hpp"

#include <algorithm>

namespace sluice::config {

namespace {

constexpr std::string_view nothing = "\u2013";

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

/// The forms inside that have a table of their own, with what their path has behind the key.
void collect_tables(const form& one, const std::string& path,
                    std::vector<std::pair<std::string, const any_schema*>>& found) {
    if (one.keys)
        found.emplace_back(path, one.keys);
    for (const auto& part : one.parts)
        collect_tables(part,
                       path + (one.what == form::type::list    ? "[]"
                               : one.what == form::type::names ? ".NAME"
                                                               : ""),
                       found);
}

/// What headings are called in links: letters, digits and _ of the path, in lower case.
std::string anchor(const std::string& path) {
    std::string text;
    for (const char c : path)
        if (is_alpha(c) || is_digit(c) || c == '_')
            text += to_lower(c);
    return text;
}

std::string map_link(const std::string& path) { return "[map](#" + anchor(path) + ")"; }

std::string words_text(const form& one) {
    std::string text;
    for (std::size_t i = 0; i < one.words.size(); ++i)
        (text += i == 0 ? "" : i + 1 == one.words.size() ? " or " : ", ") += code(one.words[i]);
    return text;
}

std::string type_text(const form& one, const std::string& path) {
    switch (one.what) {
    case form::type::flag:
        return one.words.empty() ? "`true` or `false`" : words_text(one);
    case form::type::word:
        return words_text(one);
    case form::type::list:
        return "list: " + type_text(one.parts.front(), path + "[]");
    case form::type::map:
        return map_link(path);
    case form::type::names:
        return "names, each: " + type_text(one.parts.front(), path + ".NAME");
    case form::type::either:
        return type_text(one.parts[0], path) + " or " + type_text(one.parts[1], path);
    case form::type::text:
    case form::type::quantity:
    case form::type::number:
        break;
    }
    return one.called;
}

std::string unit_text(const form& one) {
    if (one.what == form::type::text && !one.most.empty())
        return "characters";
    if (one.what == form::type::list && !one.least.empty())
        return "entries";
    if (!one.unit.empty() || one.what != form::type::either)
        return one.unit;
    const auto first = unit_text(one.parts[0]);
    return first.empty() ? unit_text(one.parts[1]) : first;
}

std::string bounds_text(const form& one) {
    if (one.what == form::type::either) {
        const auto first = bounds_text(one.parts[0]);
        return first.empty() ? bounds_text(one.parts[1]) : first;
    }
    if (!one.most.empty())
        return one.least + " to " + one.most;
    return one.least.empty() ? "" : "at least " + one.least;
}

std::string alternatives_text(const any_schema& keys) {
    std::string text;
    for (const auto& one : keys.keys())
        if (one.traits & alternative)
            (text += text.empty() ? "exactly one of " : ", ") += code(one.key);
    return text;
}

std::string default_text(const key_facts& one, const any_schema& keys) {
    if (one.traits & (required | needed))
        return "required";
    if (one.traits & alternative)
        return alternatives_text(keys);
    auto text = one.absent;
    std::erase(text, '"');
    return text.empty() ? "none" : code(text);
}

bool waits_inside(const form& one);
bool waits(const key_facts& one) {
    return (one.traits & on_restart) != 0 || waits_inside(one.look);
}
bool waits_inside(const form& one) {
    return (one.keys && std::ranges::any_of(one.keys->keys(), waits)) ||
           std::ranges::any_of(one.parts, waits_inside);
}

std::string effect_text(const key_facts& one) {
    if (one.traits & on_restart)
        return "restart";
    return waits_inside(one.look) ? "key by key" : "reload";
}

std::string cell(std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
        text.insert(at, "\\");
    return text.empty() ? std::string(nothing) : text;
}

class page {
public:
    explicit page(std::string intro) : text_(std::move(intro)) {}

    void write(const any_schema& keys, const std::string& path) {
        text_ += path.empty() ? "\n## The whole\n\n" : "\n## " + code(path) + "\n\n";
        text_ += "| key | what it is | type | unit | bounds | default | takes effect on |\n"
                 "|---|---|---|---|---|---|---|\n";
        for (const auto& one : keys.keys())
            if (one.is_built)
                write_row(one, keys, path);
        write_later(keys);
        for (const auto& one : keys.keys()) {
            std::vector<std::pair<std::string, const any_schema*>> tables;
            collect_tables(one.look, below(path, one.key), tables);
            for (const auto& [where, inner] : tables)
                write(*inner, where);
        }
    }
    std::string take() { return std::move(text_); }

private:
    static std::string below(const std::string& path, std::string_view key) {
        return (path.empty() ? "" : path + ".") + std::string(key);
    }
    void write_row(const key_facts& one, const any_schema& keys, const std::string& path) {
        for (const auto& text : {code(one.key), sentence(one.help),
                                 type_text(one.look, below(path, one.key)), unit_text(one.look),
                                 bounds_text(one.look), default_text(one, keys), effect_text(one)})
            text_ += "| " + cell(text) + " ";
        text_ += "|\n";
    }
    void write_later(const any_schema& keys) {
        std::string list;
        for (const auto& one : keys.keys())
            if (!one.is_built)
                (list += list.empty() ? "" : ", ") += code(one.key);
        if (!list.empty())
            text_ += "\nNot in this version, and refused as such: " + list + ".\n";
    }

    std::string text_;
};

}  // namespace

std::string reference_page(const any_schema& root, std::string intro) {
    page out(std::move(intro));
    out.write(root, {});
    return out.take();
}

}  // namespace sluice::config
