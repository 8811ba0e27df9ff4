// SPDX-License-Identifier: Apache-2.0
#include "http/h2/websocket.hpp"

#include "sluice/base/strings.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace sluice::http::h2 {

namespace {

constexpr std::string_view key_name = "sec-websocket-key";
constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t key_size = 16;  // RFC 6455 section 4.1

// RFC 4648 section 4; `bytes` is one more than a multiple of three.
std::string_view base64(const std::array<std::uint8_t, key_size>& bytes, arena& room) {
    constexpr std::size_t size = (key_size + 2) / 3 * 4;
    char* const text = room.allocate(size);
    char* at = text;
    for (std::size_t i = 0; i < key_size; i += 3) {
        const auto byte = [&](std::size_t place) -> std::uint32_t {
            return place < key_size ? bytes[place] : 0;
        };
        const auto group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        for (unsigned digit = 0; digit < 4; ++digit)
            *at++ = i + digit > key_size ? '=' : digits[group >> (18 - 6 * digit) & 63];
    }
    return {text, size};
}

}  // namespace

void put_websocket_key(request_head& head, random_source& random, arena& room) {
    for (field& one : head.fields)
        if (iequals(one.name, key_name))
            one.hop_by_hop = true;
    std::array<std::uint8_t, key_size> key{};
    for (std::size_t at = 0; at < key_size; at += sizeof(std::uint64_t)) {
        const auto part = random.next();
        std::memcpy(key.data() + at, &part, sizeof part);
    }
    head.fields.add(key_name, base64(key, room));
}

}  // namespace sluice::http::h2
