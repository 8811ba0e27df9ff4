// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/random.hpp"

#include "sluice/base/strings.hpp"

#include <cstddef>
#include <cstring>

namespace sluice {

namespace {

// The two hex digits of each byte, so that a request's id costs sixteen copies.
constexpr auto hex_pairs = [] {
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte)
        pairs[byte] = {hex_digits[byte >> 4], hex_digits[byte & 0xf]};
    return pairs;
}();

void write_hex(char* at, std::uint64_t number) noexcept {
    for (int shift = 56; shift >= 0; shift -= 8, at += 2)
        std::memcpy(at, hex_pairs[(number >> shift) & 0xff].data(), 2);
}

}  // namespace

std::array<char, 32> hex_id(random_source& from) noexcept {
    std::array<char, 32> id;
    write_hex(id.data(), from.next());
    write_hex(id.data() + 16, from.next());
    return id;
}

}  // namespace sluice
