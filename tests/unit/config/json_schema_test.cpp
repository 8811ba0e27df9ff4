// SPDX-License-Identifier: Apache-2.0
// What one line of a table of keys becomes, in the JSON schema and on the reference page. The tables
// the program has are tested as a whole in tests/schema.
#include "sluice/config/json_schema.hpp"
#include "sluice/config/kinds.hpp"
#include "sluice/config/reference.hpp"

#include <catch2/catch.hpp>

namespace sluice::config {

namespace {

struct inner {
    std::string one, other;
    friend bool operator==(const inner&, const inner&) = default;
};

struct sample {
    std::string title;
    unsigned count = 3;
    std::optional<std::uint64_t> most;
    std::chrono::milliseconds wait{1500};
    std::vector<inner> entries;
    bool loud = false;
};

const schema<inner>& inner_schema() {
    static const schema<inner> keys{
        {"one", &inner::one, text{9}, "one way", alternative},
        {"other", &inner::other, text{9}, "another | way", alternative},
        {"third", not_in_this_version{}, "a way to come"},
    };
    return keys;
}

template <class... Line>
std::string json_of(Line... lines) {
    return json_schema(schema<sample>{lines...}, "t");
}

void holds(const std::string& text, const std::string& part) {
    CHECK_THAT(text, Catch::Contains(part));
}

using line = property<sample>;

}  // namespace

TEST_CASE("a schema is a draft-07 document that knows no other keys") {
    CHECK(
        json_of(line{"loud", &sample::loud, flag{}, "whether it shouts"}) ==
        R"({"$schema":"http://json-schema.org/draft-07/schema#","title":"t","type":"object",)"
        R"("additionalProperties":false,"properties":{"loud":{"description":"Whether it shouts.",)"
        R"("default":false,"anyOf":[{"type":"boolean","errorMessage":"expected true or false"},)"
        R"({"type":"string","pattern":"\\$\\{","errorMessage":"expected true or false"}]}}})");
}

TEST_CASE("numbers have their bounds and may be brought in by a reference") {
    const auto json = json_of(line{"count", &sample::count, whole{1, 9}, "a count"});
    holds(json, R"("default":3,"anyOf":[{"type":"integer","minimum":1,"maximum":9,)");
    holds(json, R"({"type":"string","pattern":"\\$\\{")");
}

TEST_CASE("quantities have a pattern of their units, and their bounds in words") {
    const auto json = json_of(line{"wait", &sample::wait, span{}, "a wait", on_restart});
    holds(json, R"("default":"1500ms","type":"string",)"
                R"("pattern":"^((0|[1-9][0-9]*)(h|m|s|ms))$|\\$\\{")");
    holds(json, "A wait. Expected: a duration from 1ms to 24h. Takes effect on restart.");
}

TEST_CASE("a word beside another form is an alternative of it") {
    const auto json = json_of(line{"most", &sample::most, word_or{"none", whole{0, 5}}, "a bound"});
    holds(json, R"("default":"none","anyOf":[{"type":"string","enum":["none"],)");
    holds(json, R"({"type":"integer","minimum":0,"maximum":5,)"
                R"("errorMessage":"expected none or a whole number from 0 to 5"})");
}

TEST_CASE("required keys, alternatives and lists of maps say so, and later keys are left out") {
    const auto json =
        json_of(line{"title", &sample::title, text{}, "a title", required},
                line{"entries", &sample::entries, list_of{block(inner_schema()), "entries", 1},
                     "entries", required});
    holds(json, R"("items":{"type":"object","additionalProperties":false,"properties":{"one":)");
    holds(json, R"("oneOf":[{"required":["one"]},{"required":["other"]}])");
    holds(json, R"("type":"array","minItems":1)");
    CHECK(json.find("third") == std::string::npos);
    // Included files hold the lists of the outermost map, and are files of their own.
    holds(json, R"("required":["title"])");
}

TEST_CASE("the reference has a table for each map and a row for each key") {
    const auto page = reference_page(
        schema<sample>{
            {"wait", &sample::wait, span{}, "how long it waits", on_restart},
            {"count", &sample::count, whole{1, 9, "apples"}, "a count", required},
            {"entries", &sample::entries, list_of{block(inner_schema()), "entries"}, "`a` list"},
        },
        "# Title\n");
    const std::string dash = "\u2013";
    holds(page, "# Title\n\n## The whole\n");
    holds(page, "| `wait` | How long it waits. | duration | ms, s, m, h | 1ms to 24h | `1500ms` | "
                "restart |\n");
    holds(page, "| `count` | A count. | whole number | apples | 1 to 9 | required | reload |\n");
    holds(page, "| `entries` | `a` list. | list: [map](#entries) | " + dash + " | " + dash +
                    " | `[]` | reload |\n");
    holds(page, "## `entries[]`\n");
    holds(page, "| `other` | Another \\| way. | text | characters | 1 to 9 | exactly one of "
                "`one`, `other` | reload |\n");
    holds(page, "Not in this version, and refused as such: `third`.\n");
}

}  // namespace sluice::config
