// SPDX-License-Identifier: Apache-2.0
#include "telemetry/escape.hpp"

#include "sluice/base/strings.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace sluice::telemetry {
namespace {

using byte_set = std::array<bool, 256>;

// Bytes that go out as they are; everything else takes the slow way.
constexpr byte_set plain_bytes(std::string_view special) {
    byte_set plain{};
    for (unsigned byte = 0x20; byte < 0x7f; ++byte)
        plain[byte] = special.find(static_cast<char>(byte)) == special.npos;
    return plain;
}
constexpr byte_set plain_in_json = plain_bytes("\"\\");
constexpr byte_set plain_in_sentence = plain_bytes("");
constexpr byte_set plain_in_word = plain_bytes(" \"\\");

// U+0080..U+009F: valid UTF-8, but terminals obey some of them (U+009B starts a control sequence).
bool is_c1_control(const unsigned char* at) noexcept { return at[0] == 0xc2 && at[1] < 0xa0; }

char* put(char* to, std::string_view text) noexcept {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

char* put_code_point(char* to, unsigned value) noexcept {
    to = put(to, "\\u00");
    *to++ = hex_digits[value >> 4 & 15];
    *to++ = hex_digits[value & 15];
    return to;
}

char* put_json_ascii(char* to, unsigned char byte) noexcept {
    switch (byte) {
    case '"':
        return put(to, "\\\"");
    case '\\':
        return put(to, "\\\\");
    case '\n':
        return put(to, "\\n");
    case '\r':
        return put(to, "\\r");
    case '\t':
        return put(to, "\\t");
    default:
        return put_code_point(to, byte);
    }
}

char* put_hex(char* to, unsigned char byte) noexcept {
    *to++ = '\\';
    *to++ = 'x';
    *to++ = hex_digits[byte >> 4];
    *to++ = hex_digits[byte & 15];
    return to;
}

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::size_t character_length(const unsigned char* at, const unsigned char* end) noexcept {
    return utf8_length({reinterpret_cast<const char*>(at), static_cast<std::size_t>(end - at)});
}

}  // namespace

char* escape_json(std::string_view text, char* to) noexcept {
    const unsigned char* at = bytes_of(text);
    const unsigned char* const end = at + text.size();
    while (at != end) {
        if (plain_in_json[*at]) {
            *to++ = static_cast<char>(*at++);
        } else if (*at < 0x80) {
            to = put_json_ascii(to, *at++);
        } else if (const std::size_t length = character_length(at, end); length == 0) {
            to = put(to, "\\ufffd");
            ++at;
        } else if (is_c1_control(at)) {
            to = put_code_point(to, at[1]);
            at += length;
        } else {
            std::memcpy(to, at, length);
            to += length;
            at += length;
        }
    }
    return to;
}

char* escape_text(std::string_view text, char* to, text_form form) noexcept {
    const byte_set& plain = form == text_form::word ? plain_in_word : plain_in_sentence;
    const unsigned char* at = bytes_of(text);
    const unsigned char* const end = at + text.size();
    while (at != end) {
        if (plain[*at]) {
            *to++ = static_cast<char>(*at++);
            continue;
        }
        const std::size_t length = *at < 0x80 ? 0 : character_length(at, end);
        if (length == 0 || is_c1_control(at)) {
            to = put_hex(to, *at++);
        } else {
            std::memcpy(to, at, length);
            to += length;
            at += length;
        }
    }
    return to;
}

}  // namespace sluice::telemetry
