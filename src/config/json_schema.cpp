// SPDX-License-Identifier: Apache-2.0
// Every text of a configuration may be `${env:NAME}` or hold one, so every scalar allows that
// beside its own form: inside the pattern where there is one, as an alternative elsewhere.
// `errorMessage` is no keyword of JSON Schema; YAML's language server shows it instead of its own
// words.
#include "sluice/config/json_schema.hpp"

#include "sluice/base/json_writer.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice::config {

namespace {

constexpr std::string_view reference = R"(\$\{)";

bool is_text(const form& one) {
    return one.what == form::type::text || one.what == form::type::quantity;
}
bool is_scalar(const form& one) {
    return is_text(one) || one.what == form::type::number || one.what == form::type::flag ||
           one.what == form::type::word;
}

enum class depth : std::uint8_t { outermost, inside };

class document {
public:
    std::string write(const any_schema& root, std::string_view title) {
        json_.begin_map();
        json_.key("$schema").text("http://json-schema.org/draft-07/schema#");
        json_.key("title").text(title);
        write_keys(root, depth::outermost);
        json_.end_map();
        return json_.take();
    }

private:
    void write_keys(const any_schema& keys, depth where);
    void write_required(const any_schema& keys, depth where);
    void write_alternatives(const any_schema& keys);
    void write_key(const key_facts& one);
    void write_value(const form& one);
    void write_form(const form& one);
    void write_text(const form& one);
    void write_number(const form& one);
    void write_words(const form& one);
    void write_list(const form& one);
    void write_names(const form& one);
    void write_any_of(const std::vector<form>& parts, const std::string& expected);
    void write_reference(const std::string& expected);
    void write_complaint(const std::string& expected);
    void write_type(std::string_view type) { json_.key("type").text(type); }
    /// A bound, which is written as JSON has it.
    void write_bound(std::string_view keyword, const std::string& bound) {
        if (!bound.empty())
            json_.key(keyword).embed(bound);
    }

    json_writer json_;
};

std::string description(const key_facts& one) {
    auto text = sentence(one.help);
    const bool is_told = one.look.what == form::type::map || one.look.what == form::type::flag ||
                         one.look.what == form::type::word;
    if (!is_told)
        text += " Expected: " + one.look.expected + ".";
    if (one.traits & on_restart)
        text += " Takes effect on restart.";
    return text;
}

void document::write_keys(const any_schema& keys, depth where) {
    write_type("object");
    json_.key("additionalProperties").flag(false);
    json_.key("properties").begin_map();
    for (const auto& one : keys.keys())
        if (one.is_built)
            write_key(one);
    json_.end_map();
    write_required(keys, where);
    write_alternatives(keys);
}

void document::write_required(const any_schema& keys, depth where) {
    const auto is_required = [where](const key_facts& one) {
        const bool may_be_included = where == depth::outermost && one.look.what == form::type::list;
        return (one.traits & (required | needed)) != 0 && !may_be_included;
    };
    if (std::ranges::none_of(keys.keys(), is_required))
        return;
    json_.key("required").begin_list();
    for (const auto& one : keys.keys())
        if (is_required(one))
            json_.text(one.key);
    json_.end_list();
}

void document::write_alternatives(const any_schema& keys) {
    const auto is_one = [](const key_facts& one) { return (one.traits & alternative) != 0; };
    if (std::ranges::none_of(keys.keys(), is_one))
        return;
    json_.key("oneOf").begin_list();
    for (const auto& one : keys.keys())
        if (is_one(one))
            json_.begin_map().key("required").begin_list().text(one.key).end_list().end_map();
    json_.end_list();
}

void document::write_key(const key_facts& one) {
    json_.key(one.key).begin_map();
    json_.key("description").text(description(one));
    if (!one.absent.empty() && one.look.what != form::type::map)
        json_.key("default").embed(one.absent);
    write_value(one.look);
    json_.end_map();
}

// With a reference beside it where the form has no pattern to take one in.
void document::write_value(const form& one) {
    if (is_scalar(one) && !is_text(one))
        write_any_of({one}, one.expected);
    else
        write_form(one);
}

void document::write_form(const form& one) {
    switch (one.what) {
    case form::type::text:
    case form::type::quantity:
        return write_text(one);
    case form::type::number:
        return write_number(one);
    case form::type::flag:
    case form::type::word:
        return write_words(one);
    case form::type::list:
        return write_list(one);
    case form::type::map:
        return write_keys(*one.keys, depth::inside);
    case form::type::names:
        return write_names(one);
    case form::type::either:
        return write_any_of(one.parts, one.expected);
    }
}

void document::write_text(const form& one) {
    if (one.takes_any_scalar)
        json_.key("type").begin_list().text("string").text("number").text("boolean").end_list();
    else
        write_type("string");
    if (!one.pattern.empty())
        json_.key("pattern").text("^(" + one.pattern + ")$|" + std::string(reference));
    else
        write_bound("minLength", one.least);
    write_complaint(one.expected);
}

void document::write_number(const form& one) {
    write_type("integer");
    write_bound("minimum", one.least);
    write_bound("maximum", one.most);
    write_complaint(one.expected);
}

void document::write_words(const form& one) {
    const bool is_flag = one.what == form::type::flag;
    write_type(is_flag ? "boolean" : "string");
    if (!one.words.empty()) {
        json_.key("enum").begin_list();
        for (const auto word : one.words)
            is_flag ? json_.embed(word) : json_.text(word);
        json_.end_list();
    }
    write_complaint(one.expected);
}

void document::write_list(const form& one) {
    write_type("array");
    write_bound("minItems", one.least);
    write_bound("maxItems", one.most);
    json_.key("items").begin_map();
    write_value(one.parts.front());
    json_.end_map();
}

void document::write_names(const form& one) {
    write_type("object");
    if (!one.pattern.empty())
        json_.key("propertyNames")
            .begin_map()
            .key("pattern")
            .text("^(" + one.pattern + ")$")
            .end_map();
    json_.key("additionalProperties").begin_map();
    write_value(one.parts.front());
    json_.end_map();
}

void document::write_any_of(const std::vector<form>& parts, const std::string& expected) {
    json_.key("anyOf").begin_list();
    for (auto one : parts) {
        if (is_scalar(one))
            one.expected = expected;  // whichever part the wrong value was nearest to
        json_.begin_map();
        write_form(one);
        json_.end_map();
    }
    if (std::ranges::any_of(parts, is_scalar) && std::ranges::none_of(parts, is_text))
        write_reference(expected);
    json_.end_list();
}

void document::write_reference(const std::string& expected) {
    json_.begin_map();
    write_type("string");
    json_.key("pattern").text(reference);
    write_complaint(expected);
    json_.end_map();
}

void document::write_complaint(const std::string& expected) {
    if (!expected.empty())
        json_.key("errorMessage").text("expected " + expected);
}

}  // namespace

std::string sentence(std::string_view help) {
    std::string text(help);
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text + ".";
}

std::string json_schema(const any_schema& root, std::string_view title) {
    return document().write(root, title);
}

}  // namespace sluice::config
