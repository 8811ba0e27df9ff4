// SPDX-License-Identifier: Apache-2.0
// The loader on files that exist only here: no disk, no environment.
#include "sluice/config/load.hpp"
#include "sluice/config/value.hpp"
#include "sluice/config/writer.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace sluice::config {

namespace {

/// A machine made of two maps.
struct made_up {
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> variables;

    surroundings around() const {
        return {[this](const std::string& path, std::size_t most,
                       std::string& error) -> std::optional<std::string> {
                    const auto found = files.find(path);
                    error = found == files.end() ? "no such file" : "too large";
                    if (found == files.end() || found->second.size() > most)
                        return std::nullopt;
                    return found->second;
                },
                [this](const std::string& pattern) {
                    std::vector<std::string> found;
                    // not sorted: that is the loader's part
                    for (auto at = files.rbegin(); at != files.rend(); ++at)
                        if (at->first.starts_with(pattern.substr(0, pattern.find('*'))))
                            found.push_back(at->first);
                    return found;
                },
                [](const std::string& path) { return path; },
                [this](const std::string& name) -> std::optional<std::string> {
                    const auto found = variables.find(name);
                    return found == variables.end() ? std::nullopt : std::optional(found->second);
                }};
    }
};

struct loaded {
    report problems;
    document tree;

    explicit loaded(const made_up& machine, const bounds& most = {})
        : tree(load("main.yaml", problems, machine.around(), most)) {}
    std::string first() const {
        return problems.problems().empty() ? "" : problems.problems().front().message;
    }
    std::string text(std::string_view key) {
        const value root(tree.root(), problems);
        const auto found = root.find(key);
        return found ? std::string(found->text()) : "(none)";
    }
};

loaded load_text(const std::string& text, const bounds& most = {}) {
    return loaded({{{"main.yaml", text}}, {}}, most);
}

}  // namespace

TEST_CASE("places count from one, in lines and columns, of keys and values") {
    auto read = load_text("a: 1\nlist:\n  - b:   two\n");
    const value root(read.tree.root(), read.problems);
    const auto list = root.find("list");
    const auto element = (*list)[0];
    const auto two = element.find("b");
    REQUIRE(two);
    CHECK(two->where() == place{0, 3, 10});
    CHECK(two->key_where() == place{0, 3, 5});
    CHECK(two->path() == "list[0].b");
}

TEST_CASE("a byte order mark and Windows line ends do not move places") {
    auto read = load_text("\xEF\xBB\xBF"
                          "a: 1\r\nb: 2\r\n");
    const value root(read.tree.root(), read.problems);
    CHECK(root.find("a")->where() == place{0, 1, 4});
    CHECK(root.find("b")->where() == place{0, 2, 4});
    CHECK(read.text("a") == "1");
}

TEST_CASE("references are replaced once and what they brought in is hidden") {
    const made_up machine{
        {{"main.yaml",
          "a: \"${env:A}-${file:f}\"\nb: ${env:NONE:-${x}\nc: $${env:A}\nd: ${env:EMPTY:-e}\n"
          "e: \"${env:DOLLAR}${env:A}\"\n"},
         {"f", "line\n\n"}},
        {{"A", "${env:B}"}, {"EMPTY", ""}, {"DOLLAR", "$"}}};
    loaded read(machine);
    CHECK(read.problems.good());
    CHECK(read.text("a") == "${env:B}-line\n");
    CHECK(read.text("b") == "${x");
    CHECK(read.text("c") == "${env:A}");
    CHECK(read.text("d") == "e");
    CHECK(read.text("e") == "$${env:B}");
    CHECK(hidden_paths(read.tree.root()) == std::set<std::string>{"a", "b", "d", "e"});
}

TEST_CASE("files behind references are bounded and found beside the file that names them") {
    const made_up machine{{{"main.yaml", "include: [d/in.yaml]\n"},
                           {"d/in.yaml", "l: [\"${file:k}\", \"${file:/abs}\", \"${file:big}\"]\n"},
                           {"d/k", "here"},
                           {"/abs", "there"},
                           {"d/big", std::string(100, 'x')}},
                          {}};
    bounds small;
    small.value_bytes = 10;
    small.file_bytes = 1000;
    loaded read(machine, small);
    const value root(read.tree.root(), read.problems);
    const auto list = root.find("l");
    REQUIRE(list);
    CHECK((*list)[0].text() == "here");
    CHECK((*list)[1].text() == "there");
    CHECK(read.first() == "the file \"d/big\" cannot be read: too large");
    CHECK(read.problems.problems().front().path == "l[2]");
}

TEST_CASE("lists of included files are appended in the order of their names") {
    const made_up machine{{{"main.yaml", "include: [c/*.yaml]\nl: [0]\n"},
                           {"c/b.yaml", "l: [2]\nm: [9]\n"},
                           {"c/a.yaml", "l: [1]\n"}},
                          {}};
    loaded read(machine);
    CHECK(read.problems.good());
    const value root(read.tree.root(), read.problems);
    const auto list = root.find("l");
    REQUIRE(list->size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK((*list)[i].text() == std::to_string(i));
    CHECK(read.problems.name_of((*list)[2].where()) == "c/b.yaml:1");
    CHECK(root.find("m")->size() == 1);
}

TEST_CASE("eight levels of includes are read and nine are not") {
    made_up machine;
    machine.files["main.yaml"] = "include: [f1]\n";
    for (int i = 1; i < 9; ++i)
        machine.files["f" + std::to_string(i)] = "include: [f" + std::to_string(i + 1) + "]\n";
    machine.files["f8"] = "l: [x]\n";
    CHECK(loaded(machine).problems.good());
    machine.files["f8"] = "include: [f9]\n";
    machine.files["f9"] = "l: [x]\n";
    CHECK(loaded(machine).first() == "files include files too deep");
}

TEST_CASE("aliases stand for what they name within their budget") {
    auto read = load_text("a: &x {k: v}\nb: *x\nc: [*x, *x]\n");
    CHECK(read.problems.good());
    const value root(read.tree.root(), read.problems);
    const auto list = root.find("c");
    const auto second = (*list)[1];
    CHECK(second.find("k")->text() == "v");
    bounds few;
    few.alias_nodes = 5;
    CHECK(load_text("a: &x {k: v}\nb: *x\nc: [*x, *x]\n", few).first() ==
          "aliases repeat too much");
}

TEST_CASE("values and levels are bounded, aliases followed") {
    bounds few;
    few.nodes = 10;
    few.depth = 4;
    CHECK(load_text("l: [1, 2, 3]\n", few).problems.good());
    CHECK(load_text("l: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n", few).first() == "too many values");
    CHECK(load_text("l: [[[1]]]\n", few).problems.good());
    CHECK(load_text("l: [[[[1]]]]\n", few).first() == "too many levels");
    CHECK(load_text("a: &a [[1]]\nb: [[*a]]\n", few).first() == "too many levels");
}

TEST_CASE("many keys are searched for duplicates as few are") {
    std::string text;
    for (int i = 0; i < 100; ++i)
        text += "k" + std::to_string(i) + ": 1\n";
    CHECK(load_text(text).problems.good());
    auto read = load_text(text + "k7: 2\n");
    REQUIRE(read.problems.problems().size() == 1);
    CHECK(read.first() == "the key is given twice, first at main.yaml:8");
    CHECK(read.problems.problems().front().where.line == 101);
    CHECK(read.text("k7") == "1");
}

TEST_CASE("texts that look like truth values stay texts") {
    auto read = load_text("a: off\nb: yes\nc: 0x10\nd: !!str null\n");
    CHECK(read.text("a") == "off");
    CHECK(read.text("b") == "yes");
    CHECK(read.text("c") == "0x10");
    CHECK(read.text("d") == "null");
}

}  // namespace sluice::config
