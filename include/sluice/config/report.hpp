// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration: every problem with its place, and the files the places are
// in, so that the line itself can be shown. Made by one thread while a configuration is read; a
// plain value afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

/// A position in one of the files of a report. Lines and columns count from 1, columns in bytes.
struct place {
    std::uint32_t file = 0;
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend auto operator<=>(const place&, const place&) = default;
};

enum class severity : std::uint8_t { error, warning };

struct problem {
    severity level = severity::error;
    place where;
    std::string path;        ///< routes[2].service; empty for what concerns a whole file
    std::string message;     ///< what is wrong; never holds a secret or an expanded value
    std::string expected;    ///< what would be right; may be empty
    std::string suggestion;  ///< what was probably meant; may be empty
    /// what follows the key is not shown: nobody knows whether it is secret
    bool line_ends_at_key = false;
};

class report {
public:
    /// Problems kept; the rest is only counted.
    static constexpr std::size_t capacity = 1000;

    /// Takes a file's text; the answer is place::file of everything in it.
    std::uint32_t add_file(std::string name, std::string text);
    void add(problem one);

    /// The scalar that starts there is a secret: it is masked wherever its line is shown.
    void mask(place where) { masked_.insert(where); }

    /// False when at least one error was added; warnings do not count.
    bool good() const noexcept { return errors_ == 0; }
    std::size_t errors() const noexcept { return errors_; }
    /// So many problems that guessing what was meant is no longer worth its time.
    bool crowded() const noexcept { return problems_.size() >= 100; }
    /// In the order of files, lines and columns once sort() was called.
    const std::vector<problem>& problems() const noexcept { return problems_; }
    void sort();

    /// `conf/a.yaml:14`, for messages that name a second place and for explain.
    std::string name_of(place where) const;
    const std::string& file_name(std::uint32_t index) const { return files_[index].name; }
    std::string_view file_text(std::uint32_t index) const { return files_[index].text; }

    /// Every problem as `file:line:column: path: message, expected ..., did you mean ...?`, then
    /// its line and a caret.
    std::string text() const;
    /// The same without the lines of the files: a line a problem.
    std::vector<std::string> lines() const;
    /// The line of the first error among them; empty when there is none.
    std::string first_error() const;
    /// `{"problems":[{severity,file,line,column,path,message,expected,suggestion}]}`; nothing to
    /// say is null.
    std::string json() const;

    /// Gives back the memory of the files' texts; only their names stay.
    void forget_texts();

private:
    struct source {
        std::string name;
        std::string text;
        // where each line starts; filled when the first one is shown
        mutable std::vector<std::size_t> lines;
    };

    std::string_view line_at(place where) const;
    std::string headline(const problem& one) const;
    std::string left_out_text() const;
    std::string line_and_caret(const problem& one) const;
    std::uint32_t display_column(place where) const;

    std::vector<source> files_;
    std::vector<problem> problems_;
    std::set<place> masked_;
    std::size_t errors_ = 0;
    std::size_t left_out_ = 0;
};

}  // namespace sluice::config
