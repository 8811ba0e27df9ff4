// SPDX-License-Identifier: Apache-2.0
#include "sluice/config/kinds.hpp"

#include <catch2/catch.hpp>

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace sluice::config {

TEST_CASE("quantities are read with their unit and without any guess") {
    CHECK(parse_bytes("64KiB") == 65536u);
    CHECK(parse_bytes("10MB") == 10'000'000u);
    CHECK(parse_bytes("7B") == 7u);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("2m") == 120s);
    CHECK(parse_whole("0") == 0u);
    CHECK(parse_whole("18446744073709551615") == 18446744073709551615u);
    for (const auto text :
         {"", "5", "KiB", "64kib", "64 KiB", "-1B", "1.5MB", "99999999999999GiB", "0x10B", "010B"})
        CHECK_FALSE(parse_bytes(text));
    for (const auto text : {"", "5", "5S", "1.5s", "-1s", "5 s", "999999999999h"})
        CHECK_FALSE(parse_duration(text));
    for (const auto text : {"", "+1", "-1", "1e3", "0x1", "010", "1 ", "18446744073709551616"})
        CHECK_FALSE(parse_whole(text));
}

TEST_CASE("quantities are written so that they are read back") {
    for (const std::uint64_t count :
         {0ull, 1ull, 1000ull, 1024ull, 1536ull, 32768ull, 100'000ull, 10'000'000ull, 1ull << 40})
        CHECK(parse_bytes(bytes_text(count)) == count);
    CHECK(bytes_text(32768) == "32KiB");
    CHECK(bytes_text(10'000'000) == "10MB");
    for (const auto length : {0ms, 1ms, 1500ms, 60000ms, 3600000ms, 65000ms})
        CHECK(parse_duration(duration_text(length)) == length);
    CHECK(duration_text(65s) == "65s");
    CHECK(duration_text(1h) == "1h");
}

namespace {

struct sample {
    std::string title = "none";
    unsigned count = 3;
    std::optional<std::uint64_t> most;
    sluice::secret key;
};

const schema<sample>& sample_schema() {
    static const schema<sample> keys{
        {"title", &sample::title, text{}, "a title", required},
        {"count", &sample::count, whole{1, 9}, "a count"},
        {"most", &sample::most, word_or{"none", bytes{}}, "a bound"},
        {"key", &sample::key, secret_text{}, "a key"},
        {"later", not_in_this_version{}, "something"},
    };
    return keys;
}

node text_node(std::string_view key, std::string_view text) {
    node one;
    one.key = key;
    one.text = text;
    one.what = shape::text;
    return one;
}

node map_of(std::span<const node> members) {
    node one;
    one.what = shape::map;
    one.children = members;
    return one;
}

struct reading {
    report problems;
    sample read;

    explicit reading(std::initializer_list<node> members) {
        problems.add_file("test.yaml", "");
        const std::vector<node> kept(members);
        const auto root = map_of(kept);
        sample_schema().read(value(root, problems), read);
    }
    std::string first() const {
        return problems.problems().empty() ? "" : problems.problems().front().message;
    }
};

}  // namespace

TEST_CASE("a schema fills the members that have a key and leaves the defaults of the others") {
    const reading good{text_node("title", "hello"), text_node("most", "2KiB")};
    CHECK(good.problems.good());
    CHECK(good.read.title == "hello");
    CHECK(good.read.count == 3);
    CHECK(good.read.most == 2048u);
}

TEST_CASE("every problem of a block is told, not only the first") {
    const reading bad{text_node("count", "10"), text_node("tilte", "x"), text_node("later", "x")};
    REQUIRE(bad.problems.problems().size() == 4);
    CHECK(bad.problems.problems()[0].path == "count");
    CHECK(bad.problems.problems()[1].suggestion == "title");
    CHECK(bad.problems.problems()[2].message == "not in this version");
    CHECK(bad.problems.problems()[3].message == "the key \"title\" is missing");
    CHECK(bad.read.count == 3);
}

TEST_CASE("the dump has defaults filled, secrets masked and expanded values masked") {
    sample one;
    one.title = "visible";
    one.key = sluice::secret("s3cr3t");
    const std::set<std::string> nothing, title{"title"};
    writer plain_dump(nothing), masked_dump(title);
    sample_schema().write(plain_dump, one);
    sample_schema().write(masked_dump, one);
    CHECK(plain_dump.take() == R"({"title":"visible","count":3,"most":"none","key":"***"})");
    CHECK(masked_dump.take() == R"({"title":"***","count":3,"most":"none","key":"***"})");
}

TEST_CASE("a suggestion made from a hidden value is not told") {
    auto hidden = text_node("most", "64K");
    hidden.is_hidden = true;
    const reading bad{text_node("title", "x"), hidden};
    REQUIRE(bad.problems.problems().size() == 1);
    CHECK(bad.problems.problems()[0].suggestion.empty());
    CHECK(bad.first() == "the value does not fit");
}

TEST_CASE("more problems than anyone reads are counted, not kept") {
    report problems;
    problems.add_file("test.yaml", "");
    for (std::size_t i = 0; i < report::capacity + 5; ++i)
        problems.add({severity::error, {}, "a", "b", "", "", false});
    CHECK(problems.problems().size() == report::capacity);
    CHECK(problems.errors() == report::capacity + 5);
    CHECK(problems.text().find("5 more problems are not shown") != std::string::npos);
}

}  // namespace sluice::config
