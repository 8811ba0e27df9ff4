// SPDX-License-Identifier: Apache-2.0
#include "sluice/telemetry/access_log.hpp"
#include "unit/telemetry/scratch_folder.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

using namespace sluice::telemetry;

namespace {

access_log_settings to(const std::string& path) { return {path, line_format::json}; }

access_record record_for(std::string_view path) {
    access_record record;
    record.path = path;
    return record;
}

}  // namespace

TEST_CASE("every line of every worker is in the file when the log is gone") {
    const scratch_folder folder;
    constexpr unsigned workers = 3;
    constexpr unsigned lines = 2'000;
    std::uint64_t dropped = 0;
    {
        access_log log{to(folder / "log"), workers};
        CHECK(log.enabled());
        std::vector<std::thread> threads;
        for (unsigned worker = 0; worker < workers; ++worker)
            threads.emplace_back([&log, worker] {
                for (unsigned i = 0; i < lines; ++i)
                    log.write(worker,
                              record_for("/" + std::to_string(worker) + "/" + std::to_string(i)));
            });
        for (auto& thread : threads)
            thread.join();
        dropped = log.dropped();
    }
    std::vector<unsigned> next(workers, 0);
    std::uint64_t seen = 0;
    for (const auto& line : lines_of(read_file(folder / "log"))) {
        const auto path = boost::json::value_to<std::string>(boost::json::parse(line).at("path"));
        const auto worker = static_cast<unsigned>(path[1] - '0');
        const auto number = static_cast<unsigned>(std::stoul(path.substr(3)));
        REQUIRE(number >= next[worker]);
        next[worker] = number + 1;
        ++seen;
    }
    CHECK(seen + dropped == workers * lines);
}

TEST_CASE("workers faster than the writer lose whole lines, all of them counted") {
    const scratch_folder folder;
    constexpr unsigned lines = 60'000;
    const std::string path = "/" + std::string(1'000, 'x');
    std::uint64_t dropped = 0;
    {
        access_log log{to(folder / "log"), 1};
        for (unsigned i = 0; i < lines; ++i)
            log.write(0, record_for(path));
        dropped = log.dropped();
    }
    const auto written = lines_of(read_file(folder / "log"));
    CHECK(written.size() + dropped == lines);
    for (const auto& line : written)
        REQUIRE(line.size() == written.front().size());
}

TEST_CASE("a full disk drops every line and counts it") {
    std::uint64_t before = 0;
    access_log log{to("/dev/full"), 1};
    for (int i = 0; i < 100; ++i)
        log.write(0, record_for("/"));
    // The writer has nothing else to do than to fail a hundred times.
    while ((before = log.dropped()) < 100)
        std::this_thread::yield();
    CHECK(before == 100);
}

TEST_CASE("after a rotation lines go to the new file") {
    const scratch_folder folder;
    {
        access_log log{to(folder / "log"), 1};
        log.write(0, record_for("/before"));
        std::filesystem::rename(folder / "log", folder / "log.1");
        log.reopen();
        log.write(0, record_for("/after"));
    }
    const auto old_file = read_file(folder / "log.1");
    const auto new_file = read_file(folder / "log");
    CHECK(new_file.find("/after") != std::string::npos);
    CHECK((old_file + new_file).find("/before") != std::string::npos);
    CHECK(lines_of(old_file + new_file).size() == 2);
}

TEST_CASE("a reopen that fails keeps the old file") {
    const scratch_folder folder;
    std::filesystem::create_directory(folder / "sub");
    {
        access_log log{to(folder / "sub/log"), 1};
        std::filesystem::rename(folder / "sub", folder / "moved");
        log.reopen();
        log.write(0, record_for("/kept"));
    }
    CHECK(read_file(folder / "moved/log").find("/kept") != std::string::npos);
}

TEST_CASE("a log that is off writes nothing and costs nothing") {
    access_log log{to("off"), 2};
    CHECK_FALSE(log.enabled());
    log.write(1, record_for("/"));
    log.reopen();
    CHECK(log.dropped() == 0);
}

TEST_CASE("a path that cannot be opened fails the start and is named") {
    const scratch_folder folder;
    const std::string path = folder / "absent/log";
    CHECK_THROWS_WITH(access_log(to(path), 1), Catch::Contains(path));
}

TEST_CASE("a log changes its file and its format, goes off and on again") {
    const scratch_folder folder;
    {
        access_log log{to("off"), 1};
        CHECK_FALSE(log.enabled());
        log.write(0, record_for("/lost"));
        const auto one = to(folder / "one");
        log.change(one, log.prepare(one));
        CHECK(log.enabled());
        log.write(0, record_for("/kept"));
        log.change(to("off"), std::nullopt);
        CHECK_FALSE(log.enabled());
        log.write(0, record_for("/lost"));
        log.change({folder / "two", line_format::text}, log.prepare(to(folder / "two")));
        log.write(0, record_for("/text"));
        log.change({folder / "two", line_format::json}, std::nullopt);
        log.write(0, record_for("/json"));
    }
    const auto all = read_file(folder / "one") + read_file(folder / "two");
    CHECK(all.find("/lost") == std::string::npos);
    CHECK(all.find(R"("path":"/kept")") != std::string::npos);
    CHECK(all.find(R"("path":"/text")") == std::string::npos);
    CHECK(all.find(" /text ") != std::string::npos);
    CHECK(all.find(R"("path":"/json")") != std::string::npos);
    CHECK(lines_of(all).size() == 3);
}

TEST_CASE("a log that cannot be opened says so before anything changes") {
    const scratch_folder folder;
    access_log log{to("off"), 1};
    CHECK_THROWS_AS(log.prepare(to(folder / "no/such")), std::system_error);
}

TEST_CASE("what a log needs beside its file is had, or missed, before anything changes") {
    const scratch_folder folder;
    access_log log{to("off"), 1};
    rlimit usual{};
    ::getrlimit(RLIMIT_NOFILE, &usual);
    // The lowest free number is the only one left: enough for the file, and not for the rest.
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit tight{static_cast<rlim_t>(next) + 1, usual.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    bool refused = false;
    try {
        const auto place = log.prepare(to(folder / "log"));
    } catch (const std::system_error&) {
        refused = true;
    }
    ::setrlimit(RLIMIT_NOFILE, &usual);
    CHECK(refused);
    CHECK_FALSE(log.enabled());
}

namespace {

bool is_open(const std::string& path) {
    for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(one.path(), gone) == path)
            return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a log that goes off writes what it has, then closes its file") {
    const scratch_folder folder;
    const std::string path = folder / "log";
    access_log log{to(path), 1};
    log.write(0, record_for("/last"));
    CHECK(is_open(path));
    log.change(to("off"), log.prepare(to("off")));
    while (is_open(path))
        std::this_thread::yield();
    CHECK(read_file(path).find("/last") != std::string::npos);
}

TEST_CASE("a log nobody writes to lets go of the file it had before") {
    const scratch_folder folder;
    const std::string path = folder / "log";
    access_log log{to(path), 1};
    std::filesystem::rename(path, folder / "log.1");
    log.reopen();
    while (is_open(folder / "log.1"))
        std::this_thread::yield();
    CHECK(is_open(path));
}

TEST_CASE("a log that was ended has written everything") {
    const scratch_folder folder;
    access_log log{to(folder / "log"), 1};
    log.write(0, record_for("/last"));
    log.end();
    CHECK(read_file(folder / "log").find("/last") != std::string::npos);
}
