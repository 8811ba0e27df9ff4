// SPDX-License-Identifier: Apache-2.0
#include "sluice/telemetry/log.hpp"
#include "unit/telemetry/scratch_folder.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

using namespace sluice::telemetry;

namespace {

/// What is written to stderr while it lives goes to a file.
class caught_stderr {
public:
    caught_stderr() : saved_(::dup(STDERR_FILENO)) {
        const int file =
            ::open((folder_ / "stderr").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(file, STDERR_FILENO);
        ::close(file);
    }
    ~caught_stderr() {
        stop_log();
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        set_log_level(log_level::info);
    }

    /// Stops the log, so that everything is there.
    std::vector<std::string> lines() {
        stop_log();
        return lines_of(read_file(folder_ / "stderr"));
    }

private:
    scratch_folder folder_;
    int saved_;
};

}  // namespace

TEST_CASE("a text line is the time, the level and the text") {
    caught_stderr stderr_;
    start_log({log_level::info, line_format::text});
    log_warn("{} of {}", 1, 2);
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::Matches(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn 1 of 2)"));
}

TEST_CASE("a JSON line holds the same, whatever the text is") {
    caught_stderr stderr_;
    start_log({log_level::debug, line_format::json});
    log_line(log_level::debug, "a \"quoted\"\n\x1b[31m\xff");
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 1);
    const auto line = boost::json::parse(lines[0]).as_object();
    CHECK(line.at("level") == "debug");
    CHECK(line.at("message") == "a \"quoted\"\n\x1b[31m\ufffd");
    CHECK(line.at("ts").as_string().size() == 24);
}

TEST_CASE("a line break in a text cannot forge a second line") {
    caught_stderr stderr_;
    start_log({});
    log_error("{}", "one\n2026-01-01T00:00:00.000Z error forged");
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("one\\x0a2026") != std::string::npos);
}

TEST_CASE("lines below the level are not written, and the level can change at any time") {
    caught_stderr stderr_;
    start_log({log_level::warn, line_format::text});
    CHECK(current_log_level() == log_level::warn);
    log_info("hidden");
    log_line(log_level::debug, "hidden");
    set_log_level(log_level::debug);
    CHECK(log_enabled(log_level::debug));
    log_debug("shown");
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find(" debug shown") != std::string::npos);
}

TEST_CASE("before the start and after the end lines go out at once") {
    caught_stderr stderr_;
    log_error("early");
    start_log({});
    log_error("queued");
    stop_log();
    log_error("late");
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].find("early") != std::string::npos);
    CHECK(lines[1].find("queued") != std::string::npos);
    CHECK(lines[2].find("late") != std::string::npos);
}

TEST_CASE("a full queue drops lines and counts every one of them") {
    caught_stderr stderr_;
    const auto before = log_lines_dropped();
    start_log({});
    constexpr unsigned lines = 20'000;
    std::thread other([] {
        for (unsigned i = 0; i < lines; ++i)
            log_info("line {}", i);
    });
    for (unsigned i = 0; i < lines; ++i)
        log_info("line {}", i);
    other.join();
    CHECK(stderr_.lines().size() + log_lines_dropped() - before == 2 * lines);
}

TEST_CASE("a text cut within a character or an escape leaves a valid JSON line") {
    const auto piece = GENERATE(as<std::string>{}, "\u20ac", "\U0001f600", "\\", "\"", "\n");
    caught_stderr stderr_;
    start_log({log_level::info, line_format::json});
    for (std::size_t shift = 0; shift < 8; ++shift) {
        std::string longer(shift, 'x');
        while (longer.size() < 10'000)
            longer += piece;
        log_line(log_level::info, longer);
    }
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 8);
    for (const auto& line : lines)
        CHECK(boost::json::parse(line).as_object().at("message").as_string().size() > 8'000);
}

TEST_CASE("a line logged while the format changes is wholly of one format") {
    caught_stderr stderr_;
    start_log({log_level::info, line_format::json});
    std::atomic<bool> over = false;
    std::thread changing([&] {
        for (bool json = false; !over; json = !json)
            set_log_format(json ? line_format::json : line_format::text);
    });
    for (unsigned i = 0; i < 20'000; ++i)
        log_info("line");
    const auto lines = stderr_.lines();
    over = true;
    changing.join();
    set_log_format(line_format::text);
    std::size_t odd = 0;
    for (const auto& line : lines) {
        boost::json::error_code error;
        boost::json::parse(line, error);
        odd += error && !(line.starts_with("20") && line.ends_with("Z info line")) ? 1 : 0;
    }
    CHECK(odd == 0);
}

TEST_CASE("a text of any length is cut to a bounded line") {
    caught_stderr stderr_;
    start_log({});
    log_line(log_level::info, std::string(1'000'000, 'x'));
    const auto lines = stderr_.lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].size() < 9'000);
}
