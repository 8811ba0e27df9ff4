// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/byte_buffer.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <string>
#include <utility>

using sluice::byte_buffer;

namespace {

void write(byte_buffer& buffer, std::string_view text) {
    const auto room = buffer.room();
    REQUIRE(room.size() >= text.size());
    std::memcpy(room.data(), text.data(), text.size());
    buffer.commit(text.size());
}

}  // namespace

TEST_CASE("a buffer holds no block until it is asked for room") {
    byte_buffer buffer;
    CHECK(buffer.capacity() == 0);
    CHECK(buffer.empty());
    CHECK(buffer.view().empty());
    buffer.append("");
    CHECK(buffer.capacity() == 0);
    CHECK(buffer.room().size() == byte_buffer::small_block);
}

TEST_CASE("bytes read into the room are seen and consumed in order") {
    byte_buffer buffer;
    write(buffer, "hello ");
    write(buffer, "world");
    CHECK(buffer.view() == "hello world");
    buffer.consume(6);
    CHECK(buffer.view() == "world");
    CHECK(buffer.size() == 5);
    buffer.consume(5);
    CHECK(buffer.empty());
}

TEST_CASE("consumed bytes stay readable until something moves") {
    byte_buffer buffer;
    write(buffer, "head body");
    const auto head = buffer.view().substr(0, 4);
    buffer.consume(5);
    CHECK(head == "head");
    CHECK(buffer.view() == "body");
}

TEST_CASE("reserving moves the window to the front and grows through the block sizes") {
    byte_buffer buffer;
    write(buffer, std::string(byte_buffer::small_block, 'x'));
    CHECK(buffer.room().empty());
    buffer.consume(byte_buffer::small_block - 3);
    buffer.reserve(byte_buffer::small_block);
    CHECK(buffer.capacity() == byte_buffer::small_block);
    CHECK(buffer.view() == "xxx");
    CHECK(buffer.room().size() == byte_buffer::small_block - 3);

    buffer.reserve(byte_buffer::small_block + 1);
    CHECK(buffer.capacity() == byte_buffer::middle_block);
    CHECK(buffer.view() == "xxx");
    buffer.reserve(byte_buffer::middle_block + 1);
    CHECK(buffer.capacity() == byte_buffer::large_block);
    CHECK(buffer.view() == "xxx");
    buffer.reserve(byte_buffer::large_block + 1);
    CHECK(buffer.capacity() == byte_buffer::large_block + 1);
    CHECK(buffer.view() == "xxx");
}

TEST_CASE("appending grows as needed and keeps every byte") {
    byte_buffer buffer;
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        const std::string piece = std::to_string(i) + ",";
        buffer.append(piece);
        expected += piece;
        if (i % 7 == 0) {
            buffer.consume(2);
            expected.erase(0, 2);
        }
    }
    CHECK(buffer.view() == expected);
    buffer.append(std::string(200'000, 'z'));
    CHECK(buffer.size() == expected.size() + 200'000);
    CHECK(buffer.view().starts_with(expected));
}

TEST_CASE("clearing keeps the block and releasing gives it to the next buffer") {
    byte_buffer first;
    write(first, "x");
    const char* const block = first.data();
    first.clear();
    CHECK(first.empty());
    CHECK(first.capacity() == byte_buffer::small_block);
    first.release();
    CHECK(first.capacity() == 0);

    byte_buffer second;
    second.room();
    CHECK(second.data() == block);
}

TEST_CASE("moving a buffer takes its bytes along and leaves it empty") {
    byte_buffer first;
    write(first, "abc");
    byte_buffer second{std::move(first)};
    CHECK(second.view() == "abc");
    CHECK(first.capacity() == 0);
    byte_buffer third;
    write(third, "old");
    third = std::move(second);
    CHECK(third.view() == "abc");
    CHECK(second.capacity() == 0);
}
