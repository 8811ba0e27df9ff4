// SPDX-License-Identifier: Apache-2.0
// Reads every broken configuration of cases/ and compares what is said about it with the texts kept
// beside it. A line that must be complained about ends in `#!`; that is checked apart from the kept
// texts, so that they cannot be taken over blindly. With SLUICE_UPDATE_SNAPSHOTS set the texts are
// written anew.
#include "app/load_settings.hpp"
#include "sluice/base/strings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace fs = std::filesystem;

namespace {

using line_set = std::set<std::string>;  // file:line

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The lines of both texts that differ, as a reader of patches knows them.
std::string difference(const std::string& wanted, const std::string& got) {
    const auto a = sluice::split(wanted, '\n'), b = sluice::split(got, '\n');
    std::string out;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        if (i < a.size() && i < b.size() && a[i] == b[i])
            continue;
        if (i < a.size())
            out += "line " + std::to_string(i + 1) + " - " + std::string(a[i]) + "\n";
        if (i < b.size())
            out += "line " + std::to_string(i + 1) + " + " + std::string(b[i]) + "\n";
    }
    return out;
}

void compare(const fs::path& kept, const std::string& got) {
    if (std::getenv("SLUICE_UPDATE_SNAPSHOTS"))
        std::ofstream(kept, std::ios::binary) << got;
    const auto changed = difference(read_file(kept), got);
    INFO(kept.filename().string() << "\n" << changed);
    CHECK(changed.empty());
}

/// A configuration read as if the folder of the cases were the working directory, with two
/// variables in reach.
sluice::app::loaded_settings load_case(const std::string& name) {
    auto around = sluice::config::machine();
    around.variable = [](const std::string& variable) -> std::optional<std::string> {
        return variable == "SECRET" ? std::optional<std::string>("hunter2 hunter2") : std::nullopt;
    };
    return sluice::app::load_settings(name, around);
}

line_set told_lines(const sluice::config::report& report) {
    line_set lines;
    for (const auto& one : report.problems())
        lines.insert(report.name_of(one.where));
    return lines;
}

void collect_marked(const std::string& name, line_set& lines) {
    std::uint32_t number = 0;
    const auto text = read_file(name);
    for (const auto line : sluice::split(text, '\n'))
        if (++number; line.ends_with("#!"))
            lines.insert(name + ":" + std::to_string(number));
}

}  // namespace

TEST_CASE("every broken configuration is refused at the right lines and in the kept words") {
    fs::current_path(SLUICE_CHECK_CASES);
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator("."))
        if (entry.path().extension() == ".yaml")
            names.insert(entry.path().filename().string());
    REQUIRE(names.size() >= 40);
    for (const auto& name : names) {
        DYNAMIC_SECTION(name) {
            const auto loaded = load_case(name);
            CHECK(loaded.problems.good() == name.starts_with("warn_"));
            const auto text = loaded.problems.text(), json = loaded.problems.json() + "\n";
            for (const std::string_view secret : {"hunter2", "in-the-clear", "very-secret"}) {
                CHECK(text.find(secret) == std::string::npos);
                CHECK(json.find(secret) == std::string::npos);
                CHECK(loaded.effective().find(secret) == std::string::npos);
            }
            line_set marked;
            collect_marked(name, marked);
            if (const auto included = fs::path(name).stem().string() + ".d"; fs::exists(included))
                for (const auto& entry : fs::directory_iterator(included))
                    collect_marked(entry.path().string(), marked);
            if (!marked.empty())
                CHECK(told_lines(loaded.problems) == marked);
            compare(fs::path(name).replace_extension(".txt"), text);
            compare(fs::path(name).replace_extension(".json"), json);
        }
    }
}
