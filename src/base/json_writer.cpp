// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/json_writer.hpp"

#include "sluice/base/strings.hpp"

#include <algorithm>

namespace sluice {

namespace {

void append_escaped(std::string& out, char c) {
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\t':
        out += "\\t";
        return;
    case '\r':
        out += "\\r";
        return;
    default:
        break;
    }
    if (static_cast<unsigned char>(c) >= 0x20 && c != '\x7F')
        out += c;
    else
        (out += "\\u00") += {hex_digits[(c >> 4) & 15], hex_digits[c & 15]};
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto good = std::min(find_invalid_utf8(text), text.size());
        for (const char c : text.substr(0, good))
            append_escaped(out, c);
        if (good < text.size())
            out += "\xEF\xBF\xBD";
        text.remove_prefix(std::min(good + 1, text.size()));
    }
    out += '"';
}

json_writer& json_writer::key(std::string_view name) {
    separate();
    append_json_text(out_, name);
    out_ += ':';
    first_ = true;
    return *this;
}

json_writer& json_writer::text(std::string_view value) {
    separate();
    append_json_text(out_, value);
    return *this;
}

json_writer& json_writer::raw(std::string_view value) {
    separate();
    out_ += value;
    return *this;
}

json_writer& json_writer::open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
    return *this;
}

json_writer& json_writer::close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
}

void json_writer::separate() {
    if (!first_)
        out_ += ',';
    first_ = false;
}

}  // namespace sluice
