// SPDX-License-Identifier: Apache-2.0
// What one field line alone shows; request_rules.cpp judges the whole. A block over the limits is
// still decoded for a while, since the
// compression state is the connection's (RFC 9113 section 4.3), but no longer kept.
#include "http/h2/request_reader.hpp"

#include "http/trailer_names.hpp"
#include "sluice/base/strings.hpp"

#include <algorithm>
#include <array>

namespace sluice::http::h2 {

namespace {

// Past the limits by this factor a block is an attack, and answering it politely helps nobody.
constexpr std::size_t hopeless = 4;
// What HTTP/1 would have written around a field line: limits mean the same in both.
constexpr std::size_t line_overhead = 4;

// RFC 9113 section 8.2.1: tokens in lower case.
constexpr auto name_bytes = [] {
    auto table = token_table;
    for (unsigned c = 'A'; c <= 'Z'; ++c)
        table[c] = false;
    return table;
}();

// Stricter than the section: no control character but a tab, as in HTTP/1.
constexpr auto value_bytes = [] {
    std::array<bool, 256> table{};
    for (unsigned c = 0x20; c < 256; ++c)
        table[c] = c != 0x7F;
    table['\t'] = true;
    return table;
}();

bool all_of(std::string_view text, const std::array<bool, 256>& table) noexcept {
    for (const char c : text)
        if (!table[static_cast<unsigned char>(c)])
            return false;
    return true;
}

bool is_name(std::string_view name) noexcept { return !name.empty() && all_of(name, name_bytes); }

bool is_value(std::string_view value) noexcept {
    return value.empty() ||
           (!is_blank(value.front()) && !is_blank(value.back()) && all_of(value, value_bytes));
}

bool is_of_connection(field_id id) noexcept {
    switch (id) {
    case field_id::connection:
    case field_id::keep_alive:
    case field_id::proxy_connection:
    case field_id::transfer_encoding:
    case field_id::upgrade:
    case field_id::te:
        return true;
    default:
        return false;
    }
}

}  // namespace

void request_reader::reset() noexcept {
    head_ = nullptr;
    sorter_.reset();
    seen_ = 0;
    bytes_ = lines_ = 0;
    malformed_ = refused_field_ = {};
    too_large_ = regular_seen_ = false;
}

void request_reader::begin(const head_rules& rules, request_head& into) {
    reset();
    rules_ = rules;
    into.clear();
    into.received = {2, 0};
    head_ = &into;
    fields_ = &into.fields;
    sorter_.emplace(into.fields, rules.underscores);
}

void request_reader::begin_trailers(const limits& bounds, header_list& into) {
    reset();
    rules_.bounds = bounds;
    into.clear();
    fields_ = &into;
}

bool request_reader::count(std::string_view name, std::string_view value) noexcept {
    const auto size = name.size() + value.size() + line_overhead;
    const auto& bounds = rules_.bounds;
    ++lines_;
    bytes_ += size;
    too_large_ = too_large_ || lines_ > bounds.headers + pseudo_count || bytes_ > bounds.head ||
                 size > bounds.line;
    return lines_ <= hopeless * (bounds.headers + pseudo_count) && bytes_ <= hopeless * bounds.head;
}

void request_reader::is_malformed(std::string_view reason) noexcept {
    if (malformed_.empty())
        malformed_ = reason;
}

bool request_reader::take(std::string_view name, std::string_view value) {
    if (!count(name, value))
        return false;
    if (too_large_ || !malformed_.empty())
        return true;
    if (name.starts_with(':'))
        take_pseudo(name, value);
    else if (!is_name(name))
        is_malformed("a field name is malformed");
    else if (!is_value(value))
        is_malformed("a field value is malformed");
    else if (sorter_)
        take_field(name, value);
    else
        take_trailer(name, value);
    return true;
}

// RFC 9113 section 8.3: known ones, once, before all other fields, never in trailers.
void request_reader::take_pseudo(std::string_view name, std::string_view value) {
    constexpr std::array<std::string_view, pseudo_count> names{":method", ":scheme", ":path",
                                                               ":authority", ":protocol"};
    const auto at = static_cast<unsigned>(std::ranges::find(names, name) - names.begin());
    if (!sorter_)
        return is_malformed("a pseudo field in trailers");
    if (regular_seen_)
        return is_malformed("a pseudo field behind other fields");
    if (at == pseudo_count)
        return is_malformed("an unknown pseudo field");
    if (has(static_cast<pseudo>(at)))
        return is_malformed("a pseudo field twice");
    if (value.empty() || !is_value(value))
        return is_malformed("a pseudo field is empty or malformed");
    seen_ |= 1U << at;
    pseudo_[at] = value;
}

void request_reader::take_field(std::string_view name, std::string_view value) {
    regular_seen_ = true;
    if (!sorter_->take(name, value))
        refused_field_ = "a field name is malformed or not allowed";
}

// RFC 9113 section 8.2.2 speaks of messages: trailers are part of one.
void request_reader::take_trailer(std::string_view name, std::string_view value) {
    if (is_of_connection(identify(name)))
        return is_malformed("a connection-specific field in trailers");
    if (may_be_trailer(name))
        fields_->add(field{name, value, field_id::other, false});
}

}  // namespace sluice::http::h2
