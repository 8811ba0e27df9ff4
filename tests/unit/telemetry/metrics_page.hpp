// SPDX-License-Identifier: Apache-2.0
// A page of /metrics read back line by line, as strictly as Prometheus does (text format 0.0.4).
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

struct metrics_page {
    std::map<std::string, std::string> helps, types;  ///< by family
    std::map<std::string, double> values;             ///< by name and labels as written

    explicit metrics_page(const std::string& text) {
        if (text.empty())
            return;
        REQUIRE(text.back() == '\n');
        std::istringstream stream{text};
        for (std::string line; std::getline(stream, line);)
            read(line);
    }

private:
    void read(const std::string& line) {
        INFO(line);
        if (line.rfind("# HELP ", 0) == 0)
            return remember(helps, line.substr(7));
        if (line.rfind("# TYPE ", 0) == 0)
            return remember(types, line.substr(7));
        const auto space = line.rfind(' ');
        REQUIRE(space != std::string::npos);
        char* end = nullptr;
        const double value = std::strtod(line.c_str() + space + 1, &end);
        REQUIRE(*end == '\0');
        const std::string series = line.substr(0, space);
        const std::string name = series.substr(0, series.find('{'));
        REQUIRE(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        REQUIRE(declared(name));
        REQUIRE(values.emplace(series, value).second);  // a series twice is an error
    }
    static void remember(std::map<std::string, std::string>& in, const std::string& rest) {
        const auto space = rest.find(' ');
        REQUIRE(space != std::string::npos);
        REQUIRE(in.emplace(rest.substr(0, space), rest.substr(space + 1)).second);
    }
    bool declared(const std::string& name) const {
        if (types.count(name))
            return true;
        for (const std::string suffix : {"_bucket", "_count", "_sum"})
            if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix)
                return types.at(name.substr(0, name.size() - suffix.size())) == "histogram";
        return false;
    }
};
