// SPDX-License-Identifier: Apache-2.0
#include "telemetry/escape.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <random>
#include <string>

using namespace sluice::telemetry;
using namespace std::string_literals;

namespace {

std::string json(std::string_view text) {
    std::string room(text.size() * escape_growth, '\0');
    room.resize(static_cast<std::size_t>(escape_json(text, room.data()) - room.data()));
    return room;
}

std::string text(std::string_view input, text_form form) {
    std::string room(input.size() * escape_growth, '\0');
    room.resize(static_cast<std::size_t>(escape_text(input, room.data(), form) - room.data()));
    return room;
}

std::string read_back(std::string_view input) {
    return boost::json::value_to<std::string>(boost::json::parse("\"" + json(input) + "\""));
}

bool printable(std::string_view line) {
    for (const unsigned char byte : line)
        if (byte < 0x20 || byte == 0x7f)
            return false;
    return true;
}

}  // namespace

TEST_CASE("valid text comes back from JSON as it was") {
    for (const auto& sample :
         {"plain"s, "quote \" and \\ backslash"s, "tab\tline\nreturn\r"s, "\0\x01\x1f\x7f"s,
          "\u00e9\u20ac\U0001f600"s, "\u0080\u009b\u00a0"s, "\uffff\ud7ff\U0010ffff"s})
        CHECK(read_back(sample) == sample);
}

TEST_CASE("control characters, also those of Latin-1, never reach a JSON line") {
    CHECK(json("\x1b[2J\n\x7f") == "\\u001b[2J\\n\\u007f");
    CHECK(json("\u009b") == "\\u009b");
}

TEST_CASE("each byte outside UTF-8 becomes the replacement character") {
    const std::string replaced = "\ufffd";
    CHECK(read_back("a\xff"s + "b") == "a" + replaced + "b");
    CHECK(read_back("\x80") == replaced);
    CHECK(read_back("\xc0\xaf") == replaced + replaced);                 // overlong '/'
    CHECK(read_back("\xe0\x80\xaf") == replaced + replaced + replaced);  // overlong
    CHECK(read_back("\xed\xa0\x80") == replaced + replaced + replaced);  // surrogate
    CHECK(read_back("\xf4\x90\x80\x80") == replaced + replaced + replaced + replaced);
    CHECK(read_back("\xe2\x82") == replaced + replaced);  // cut in the middle
    CHECK(read_back("\xe2\x82z") == replaced + replaced + "z");
}

TEST_CASE("random bytes always make valid JSON within the promised room") {
    std::mt19937 random{20240501};
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(random() % 24, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        const std::string line = json(bytes);
        CHECK(line.size() <= bytes.size() * escape_growth);
        boost::json::error_code error;
        boost::json::parse("\"" + line + "\"", error);
        REQUIRE_FALSE(error);
        REQUIRE(printable(line));
        REQUIRE(printable(text(bytes, text_form::word)));
    }
}

TEST_CASE("a word of a text line has no space, quote or backslash of its own") {
    CHECK(text("a b\"c\\d", text_form::word) == "a\\x20b\\x22c\\x5cd");
    CHECK(text("/caf\u00e9", text_form::word) == "/caf\u00e9");
    CHECK(text("\xff\n", text_form::word) == "\\xff\\x0a");
}

TEST_CASE("a sentence keeps spaces and quotes and loses line breaks") {
    CHECK(text("no \"x\"\r\nsecond", text_form::sentence) == "no \"x\"\\x0d\\x0asecond");
    CHECK(text("\u009b1m", text_form::sentence) == "\\xc2\\x9b1m");
}
