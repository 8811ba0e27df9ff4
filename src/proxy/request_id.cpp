// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_id.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::proxy {

namespace {

// The two hex digits of each byte, so that a request's id costs sixteen copies.
constexpr auto hex_pairs = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t byte = 0; byte < pairs.size(); ++byte)
        pairs[byte] = {digits[byte >> 4], digits[byte & 0xf]};
    return pairs;
}();

void write_hex(char* at, std::uint64_t number) noexcept {
    for (int shift = 56; shift >= 0; shift -= 8, at += 2)
        std::memcpy(at, hex_pairs[(number >> shift) & 0xff].data(), 2);
}

} // namespace

void choose_request_id(exchange& x, random_source& random) {
    const auto* sent = x.client->client().trusted ? x.request->fields.find(http::field_id::x_request_id) : nullptr;
    if (sent != nullptr && !sent->value.empty() && sent->value.size() <= x.request_id.size()) {
        std::memcpy(x.request_id.data(), sent->value.data(), sent->value.size());
        x.request_id_size = sent->value.size();
    } else {
        write_hex(x.request_id.data(), random.next());
        write_hex(x.request_id.data() + 16, random.next());
        x.request_id_size = 32;
    }
    x.outgoing.request_id = {x.request_id.data(), x.request_id_size};
}

} // namespace sluice::proxy
