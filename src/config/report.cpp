// SPDX-License-Identifier: Apache-2.0
// Collecting problems and showing them. The line under a problem comes straight from the file, so
// this is also the place that keeps secrets out of it.
#include "sluice/config/report.hpp"

#include "sluice/base/json_writer.hpp"
#include "sluice/base/secret.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace sluice::config {

namespace {

constexpr std::size_t shown_width = 160;

/// Keys whose values stay hidden even where no schema could be consulted, as in a file that is not
/// YAML.
constexpr std::array<std::string_view, 6> secret_words = {"token",   "secret",     "password",
                                                          "api_key", "access_key", "keys"};

/// Where the scalar that starts at `from` ends on its line.
std::size_t end_of_scalar(std::string_view line, std::size_t from) {
    const char quote = line[from];
    if (quote == '"' || quote == '\'') {
        for (auto at = from + 1; at < line.size(); ++at) {
            if (quote == '"' && line[at] == '\\')
                ++at;
            else if (line[at] == quote)
                return at + 1;
        }
        return line.size();
    }
    for (auto at = from; at < line.size(); ++at) {
        const bool comment = line[at] == '#' && at > from && line[at - 1] == ' ';
        if (comment || line[at] == ',' || line[at] == '}' || line[at] == ']')
            return at;
    }
    return line.size();
}

/// A line as it is shown, and where in it the caret goes.
struct shown_line {
    std::string text;
    std::size_t caret;  // bytes before it

    void mask(std::size_t from, std::size_t end) {
        if (caret >= end)
            caret = caret - (end - from) + secret::masked.size();
        else if (caret > from)
            caret = from;
        text.replace(from, end - from, secret::masked);
    }
};

/// Masks everything after a key that holds `word`; better too much than a password in a ticket.
void mask_after_word(shown_line& line, std::string_view word) {
    const auto lower = to_lower(line.text);
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
        const auto colon = lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz_\"' ", at);
        if (colon == std::string::npos || lower[colon] != ':')
            continue;
        const auto value = lower.find_first_not_of(" \t", colon + 1);
        if (value != std::string::npos && !lower.substr(value).starts_with(secret::masked))
            return line.mask(value, line.text.size());
    }
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The line made safe for a terminal; tabs stay, so that the caret below can repeat them.
std::string printable(std::string_view line) {
    std::string out;
    for (const char c : line)
        out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7F' ? '?' : c;
    return out;
}

void append_null_or_text(json_writer& out, std::string_view key, std::string_view text) {
    out.key(key);
    if (text.empty())
        out.null();
    else
        out.text(text);
}

std::string_view word_of(severity level) { return level == severity::error ? "error" : "warning"; }

}  // namespace

std::uint32_t report::add_file(std::string name, std::string text) {
    files_.push_back({std::move(name), std::move(text), {}});
    return static_cast<std::uint32_t>(files_.size() - 1);
}

void report::add(problem one) {
    if (one.level == severity::error)
        ++errors_;
    if (problems_.size() < capacity)
        problems_.push_back(std::move(one));
    else
        ++left_out_;
}

void report::sort() {
    // A multimap keeps the order of equals; std::stable_sort does not compile under clang 19
    // without a warning.
    std::multimap<place, problem> sorted;
    for (auto& one : problems_)
        sorted.emplace(one.where, std::move(one));
    problems_.clear();
    for (auto& [where, one] : sorted)
        problems_.push_back(std::move(one));
}

std::string report::name_of(place where) const {
    return files_[where.file].name + ":" + std::to_string(where.line);
}

std::string_view report::line_at(place where) const {
    const auto& [name, text, lines] = files_[where.file];
    if (lines.empty()) {
        files_[where.file].lines.push_back(0);
        for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1))
            files_[where.file].lines.push_back(end + 1);
    }
    if (where.line > lines.size())
        return {};
    const auto start = lines[where.line - 1];
    auto line = std::string_view(text).substr(start, text.find('\n', start) - start);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::uint32_t report::display_column(place where) const {
    return static_cast<std::uint32_t>(characters(line_at(where).substr(0, where.column - 1))) + 1;
}

std::string report::line_and_caret(const problem& one) const {
    shown_line line{std::string(line_at(one.where)), one.where.column - 1};
    if (one.line_ends_at_key) {
        const auto colon = line.text.find(':', std::min(line.caret, line.text.size()));
        if (colon != std::string::npos && colon + 1 < line.text.size())
            line.text.replace(colon + 1, std::string::npos, " ...");
    }
    // From the right, so that the columns of the others stay true.
    const place first{one.where.file, one.where.line, 0},
        past{one.where.file, one.where.line + 1, 0};
    const auto begin = masked_.lower_bound(first), end = masked_.lower_bound(past);
    for (auto at = std::make_reverse_iterator(end); at != std::make_reverse_iterator(begin); ++at)
        if (at->column <= line.text.size())
            line.mask(at->column - 1, end_of_scalar(line.text, at->column - 1));
    for (const auto word : secret_words)
        mask_after_word(line, word);
    if (line.text.empty() || line.caret > shown_width)
        return {};
    auto width = std::min(line.text.size(), shown_width);
    while (width < line.text.size() && (line.text[width] & 0xC0) == 0x80)
        ++width;
    const auto cut = width < line.text.size() ? "..." : "";
    std::string out = "    " + printable(line.text.substr(0, width)) + cut + "\n    ";
    for (const char c : line.text.substr(0, line.caret))
        if ((c & 0xC0) != 0x80)
            out += c == '\t' ? '\t' : ' ';
    return out + "^\n";
}

std::string report::headline(const problem& one) const {
    const auto column = display_column(one.where);
    auto out = name_of(one.where) + ":" + std::to_string(column) + ": ";
    if (one.level == severity::warning)
        out += "warning: ";
    if (!one.path.empty())
        out += one.path + ": ";
    out += one.message;
    if (!one.expected.empty())
        out += ", expected " + one.expected;
    if (!one.suggestion.empty())
        out += ", did you mean " + quoted(one.suggestion) + "?";
    return out;
}

std::string report::left_out_text() const {
    return std::to_string(left_out_) + " more problems are not shown";
}

std::string report::text() const {
    std::string out;
    for (const auto& one : problems_)
        out += headline(one) + "\n" + line_and_caret(one);
    if (left_out_ > 0)
        out += left_out_text() + "\n";
    return out;
}

std::vector<std::string> report::lines() const {
    std::vector<std::string> all;
    for (const auto& one : problems_)
        all.push_back(headline(one));
    if (left_out_ > 0)
        all.push_back(left_out_text());
    return all;
}

std::string report::first_error() const {
    const auto first = std::ranges::find(problems_, severity::error, &problem::level);
    return first == problems_.end() ? std::string() : headline(*first);
}

std::string report::json() const {
    json_writer out;
    out.begin_map().key("problems").begin_list();
    for (const auto& one : problems_) {
        out.begin_map();
        out.key("severity").text(word_of(one.level));
        out.key("file").text(files_[one.where.file].name);
        out.key("line").number(one.where.line);
        out.key("column").number(display_column(one.where));
        out.key("path").text(one.path);
        out.key("message").text(one.message);
        append_null_or_text(out, "expected", one.expected);
        append_null_or_text(out, "suggestion", one.suggestion);
        out.end_map();
    }
    out.end_list().end_map();
    return out.take();
}

void report::forget_texts() {
    for (auto& one : files_) {
        std::string().swap(one.text);
        one.lines.clear();
    }
}

}  // namespace sluice::config
