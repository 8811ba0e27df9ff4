// SPDX-License-Identifier: Apache-2.0
#include "sluice/telemetry/log.hpp"
#include "sluice/telemetry/process.hpp"
#include "unit/telemetry/metrics_page.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <vector>

using namespace sluice::telemetry;

TEST_CASE("the process says how much it uses, with help for every series") {
    registry all{{}, 1};
    watch_process(all);
    const metrics_page page{all.text()};
    CHECK(page.values.size() == 6);
    CHECK(page.helps.size() == 6);
    CHECK(page.values.at("process_cpu_seconds_total") > 0);
    CHECK(page.values.at("process_resident_memory_bytes") > 1024 * 1024);
    CHECK(page.values.at("process_virtual_memory_bytes") >=
          page.values.at("process_resident_memory_bytes"));
    CHECK(page.values.at("process_max_fds") >= page.values.at("process_open_fds"));
    const auto now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    CHECK(page.values.at("process_start_time_seconds") <= now + 1);
    CHECK(page.values.at("process_start_time_seconds") > now - 24 * 3600);
}

TEST_CASE("open descriptors are counted one by one") {
    registry all{{}, 1};
    watch_process(all);
    const auto open_now = [&] { return metrics_page{all.text()}.values.at("process_open_fds"); };
    const double before = open_now();
    const int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(open_now() == before + 1);
    ::close(one);
    CHECK(open_now() == before);
}

TEST_CASE("the page still tells memory and descriptors when none is left") {
    registry all{{}, 1};
    watch_process(all);
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    rlimit low = old;
    low.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &low);
    std::vector<int> taken;
    for (int one = 0; (one = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        taken.push_back(one);
    const metrics_page page{all.text()};
    for (const int one : taken)
        ::close(one);
    ::setrlimit(RLIMIT_NOFILE, &old);
    CHECK(page.values.at("process_resident_memory_bytes") > 0);
    CHECK(page.values.at("process_open_fds") >= static_cast<double>(taken.size()));
}

TEST_CASE("the build is told by labels") {
    registry all{{}, 1};
    watch_build(all, {{"version", "0.1.0"}, {"commit", "abc"}});
    CHECK(metrics_page{all.text()}.values.at(
              R"(sluice_build_info{version="0.1.0",commit="abc"})") == 1);
}

TEST_CASE("dropped log lines are counted over both logs") {
    registry all{{}, 1};
    const access_log off{{"off", line_format::json}, 1};
    watch_dropped_lines(all, off);
    const metrics_page page{all.text()};
    CHECK(page.types.at("sluice_log_dropped_total") == "counter");
    CHECK(page.values.at("sluice_log_dropped_total") == static_cast<double>(log_lines_dropped()));
}
