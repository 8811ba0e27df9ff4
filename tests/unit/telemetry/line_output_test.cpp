// SPDX-License-Identifier: Apache-2.0
#include "telemetry/line_output.hpp"
#include "unit/telemetry/scratch_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>

using namespace sluice::telemetry;
using namespace std::chrono_literals;
using ownership = line_output::ownership;

namespace {

struct pipe_pair {
    pipe_pair() {
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category());
    }
    ~pipe_pair() {
        if (ends[0] >= 0)
            ::close(ends[0]);
    }
    void close_reader() { ::close(std::exchange(ends[0], -1)); }
    int ends[2];  ///< the writing end goes to the output
};

std::string read_until_end(int descriptor) {
    std::string all;
    char room[4096];
    for (ssize_t got = 0; (got = ::read(descriptor, room, sizeof room)) > 0;)
        all.append(room, static_cast<std::size_t>(got));
    return all;
}

/// Files of this process may not grow beyond `bytes` while it lives: a small full disk.
class file_size_limit {
public:
    explicit file_size_limit(rlim_t bytes) {
        old_action_ = ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &old_);
        rlimit limit = old_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        ::signal(SIGXFSZ, old_action_);
    }

private:
    rlimit old_{};
    void (*old_action_)(int);
};

}  // namespace

TEST_CASE("both pieces reach the file in order") {
    const scratch_folder folder;
    line_output output{open_log_file(folder / "log"), ownership::owned};
    CHECK(output.write({"one\ntw", "o\n"}) == 0);
    CHECK(output.write({"three\n", ""}) == 0);
    CHECK(read_file(folder / "log") == "one\ntwo\nthree\n");
    CHECK(output.dropped() == 0);
}

TEST_CASE("opening where no file can be names the path") {
    const scratch_folder folder;
    const std::string path = folder / "absent/log";
    try {
        open_log_file(path);
        FAIL("opened");
    } catch (const std::system_error& error) {
        CHECK(error.code().value() == ENOENT);
        CHECK(std::string{error.what()}.find(path) != std::string::npos);
    }
}

TEST_CASE("a named pipe without a reader is refused instead of hanging the start") {
    const scratch_folder folder;
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK_THROWS_AS(open_log_file(folder / "fifo"), std::system_error);
}

TEST_CASE("a full device drops the lines and counts them") {
    line_output output{open_log_file("/dev/full"), ownership::owned};
    CHECK(output.write({"one\ntwo\n", "three\n"}) == ENOSPC);
    CHECK(output.write({"four\n", ""}) == ENOSPC);
    CHECK(output.dropped() == 4);
}

TEST_CASE("half a line that the full disk took is taken back out of the file") {
    const scratch_folder folder;
    line_output output{open_log_file(folder / "log"), ownership::owned};
    {
        const file_size_limit full{8};
        CHECK(output.write({"first\nsecond\n", "third\n"}) == EFBIG);
        CHECK(output.dropped() == 2);
        CHECK(read_file(folder / "log") == "first\n");
        CHECK(output.write({"x\nlon", "ger\n"}) == EFBIG);
    }
    CHECK(output.write({"fourth\n", ""}) == 0);
    CHECK(read_file(folder / "log") == "first\nx\nfourth\n");
}

TEST_CASE("half a line in a file of somebody else stays and is closed before the next one") {
    const scratch_folder folder;
    const int file = open_log_file(folder / "log");
    {
        line_output output{file, ownership::borrowed};
        {
            const file_size_limit full{8};
            CHECK(output.write({"first\nsecond\n", "third\n"}) == EFBIG);
        }
        CHECK(output.write({"fourth\n", ""}) == 0);
    }
    ::close(file);
    CHECK(read_file(folder / "log") == "first\nse\nfourth\n");
}

TEST_CASE("a pipe takes more than it holds while its reader reads") {
    pipe_pair pipe;
    std::string big;
    for (int i = 0; i < 30'000; ++i)
        big += "line " + std::to_string(i) + "\n";
    std::string seen;
    std::thread reader([&] { seen = read_until_end(pipe.ends[0]); });
    {
        line_output output{pipe.ends[1], ownership::owned};
        CHECK(output.write({big, ""}) == 0);
        CHECK(output.dropped() == 0);
    }
    reader.join();
    CHECK(seen == big);
}

TEST_CASE("a pipe nobody reads cannot hold up the end") {
    pipe_pair pipe;
    line_output output{pipe.ends[1], ownership::owned};
    output.hurry(0ms);
    std::string big(1024 * 1024, 'x');
    big.back() = '\n';
    CHECK(output.write({big, ""}) == ETIMEDOUT);
    CHECK(output.dropped() == 1);
}

TEST_CASE("a closed pipe costs lines, not the process") {
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    pipe_pair pipe;
    line_output output{pipe.ends[1], ownership::owned};
    pipe.close_reader();
    CHECK(output.write({"one\n", ""}) == EPIPE);
    CHECK(output.dropped() == 1);
    ::signal(SIGPIPE, before);
}

TEST_CASE("a replaced descriptor takes the lines from the next write on") {
    const scratch_folder folder;
    line_output output{open_log_file(folder / "old"), ownership::owned};
    output.write({"one\n", ""});
    output.replace(open_log_file(folder / "unused"));
    output.replace(open_log_file(folder / "new"));
    output.write({"two\n", ""});
    CHECK(read_file(folder / "old") == "one\n");
    CHECK(read_file(folder / "unused").empty());
    CHECK(read_file(folder / "new") == "two\n");
}
