// SPDX-License-Identifier: Apache-2.0
#include "sluice/base/json_writer.hpp"
#include "sluice/base/strings.hpp"

#include <catch2/catch.hpp>

#include <string>

using std::string_literals::operator""s;

TEST_CASE("texts are compared without regard to ASCII case and nothing else") {
    CHECK(sluice::iequals("Content-Length", "content-LENGTH"));
    CHECK_FALSE(sluice::iequals("abc", "abcd"));
    CHECK_FALSE(sluice::iequals("[", "{"));  // differ by 0x20, but are no letters
    CHECK_FALSE(sluice::iequals("\xC3\x89", "\xC3\xA9"));
}

TEST_CASE("a split text always has a part") {
    CHECK(sluice::split("", ',').size() == 1);
    CHECK(sluice::split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
    CHECK(sluice::trim(" \ta b\t ") == "a b");
    CHECK(sluice::trim(" \t").empty());
}

TEST_CASE("list items come trimmed and one by one, empty ones too") {
    std::string_view list = " a ,,\tb,";
    for (const auto wanted : {"a", "", "b"})
        CHECK(sluice::next_item(list) == wanted);
    CHECK(list.empty());
}

TEST_CASE("an escape is read whole or not at all") {
    CHECK(sluice::escaped_byte("a%2fb", 1) == 0x2F);
    CHECK(sluice::escaped_byte("%fF", 0) == 0xFF);
    for (const std::string_view bad : {"", "%", "%2", "a2f", "%2g", "%g2", "%%2f", "%/0", "%:0"})
        CHECK(sluice::escaped_byte(bad, 0) == -1);
    CHECK(sluice::escaped_byte("%2", 1) == -1);
    CHECK(sluice::escaped_byte("%20", 7) == -1);
}

TEST_CASE("tokens are what RFC 9110 says") {
    CHECK(sluice::is_token("X-Request_Id.1"));
    for (const auto bad : {"", "a b", "a:b", "caf\xC3\xA9", "a\"", "(a)"})
        CHECK_FALSE(sluice::is_token(bad));
}

TEST_CASE("invalid UTF-8 is found where it starts") {
    CHECK(sluice::find_invalid_utf8("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80") ==
          std::string_view::npos);
    CHECK(sluice::find_invalid_utf8("ab\xFF") == 2);
    CHECK(sluice::find_invalid_utf8("\xC0\xAF") == 0);          // overlong
    CHECK(sluice::find_invalid_utf8("\xE0\x80\x80") == 0);      // overlong
    CHECK(sluice::find_invalid_utf8("\xED\xA0\x80") == 0);      // surrogate
    CHECK(sluice::find_invalid_utf8("\xF4\x90\x80\x80") == 0);  // above U+10FFFF
    CHECK(sluice::find_invalid_utf8("a\xE2\x82") == 1);         // cut
}

TEST_CASE("quoted text cannot move a terminal's cursor and is bounded") {
    CHECK(sluice::quoted("a\x1B[2Jb") == R"("a\x1b[2Jb")");
    CHECK(sluice::quoted("\xC2\x9B") == R"("\xc2\x9b")");
    CHECK(sluice::quoted("caf\xC3\xA9") == "\"caf\xC3\xA9\"");
    CHECK(sluice::quoted(std::string(200, 'x'), 3) == "\"xxx...\"");
}

TEST_CASE("edits, swaps and case are counted as a reader counts slips") {
    CHECK(sluice::edit_distance("users", "users", 3) == 0);
    CHECK(sluice::edit_distance("usres", "users", 3) == 1);
    CHECK(sluice::edit_distance("user", "users", 3) == 1);
    CHECK(sluice::edit_distance("JSON", "json", 3) == 0);
    CHECK(sluice::edit_distance("abcdef", "uvwxyz", 3) == 4);
    CHECK(sluice::edit_distance("", "abc", 3) == 3);
    // too long to be worth it
    CHECK(sluice::edit_distance(std::string(300, 'a'), std::string(300, 'a'), 3) == 4);
}

TEST_CASE("the nearest candidate is meant, a far one never") {
    sluice::closest_match meant("listner");
    meant.offer("limits");
    meant.offer("listeners");
    meant.offer("listener");
    CHECK(meant.best() == "listener");
    sluice::closest_match none("xyz");
    none.offer("routes");
    CHECK(none.best().empty());
    sluice::closest_match longer("warning");
    longer.offer("warn");
    CHECK(longer.best() == "warn");
}

TEST_CASE("JSON is separated, escaped and valid UTF-8") {
    sluice::json_writer out;
    out.begin_map().key("a").begin_list().number(1).flag(true).null().end_list();
    out.key("b\"").text("\x01\n\xFF\xC3\xA9\x7F"s).key("c").begin_map().end_map();
    out.key("d").embed("{\"e\":[]}").key("f").number(2).end_map();
    CHECK(out.take() ==
          "{\"a\":[1,true,null],\"b\\\"\":\"\\u0001\\n\xEF\xBF\xBD\xC3\xA9\\u007f\",\"c\":{},"
          "\"d\":{\"e\":[]},\"f\":2}");
}
