// SPDX-License-Identifier: Apache-2.0
#include "http/h1/byte_masks.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace sluice::http::h1;

TEST_CASE("sixteen bytes at once are judged as one by one, whatever they are and wherever") {
    for (const char around : {'a', '\0', '-', '\xFF'})
        for (std::size_t at = 0; at < mask_width; ++at)
            for (int byte = 0; byte < 256; ++byte) {
                std::array<char, mask_width> block{};
                block.fill(around);
                block[at] = static_cast<char>(byte);
                REQUIRE(control_bytes(block.data()) == plain::control_bytes(block.data()));
                REQUIRE(usual_name_bytes(block.data()) == plain::usual_name_bytes(block.data()));
            }
}

TEST_CASE("control bytes are those below the space, and DEL") {
    CHECK(plain::control_bytes("0123456789\t\r\n\x7F\x80 ") == 0b0011'1100'0000'0000);
    CHECK(plain::usual_name_bytes("Content_Length-9") == 0b1111'1111'0111'1111);
}
