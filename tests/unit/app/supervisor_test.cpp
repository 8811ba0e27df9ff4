// SPDX-License-Identifier: Apache-2.0
// The lines of sd_notify(3) as they go out.
#include "app/supervisor.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using sluice::app::supervisor;

namespace {

struct fixture {
    std::vector<std::string> sent;
    supervisor told{[this](const std::string& lines) { sent.push_back(lines); }};
};

}  // namespace

TEST_CASE("each state has its lines, and a status goes along when it is a new one") {
    fixture f;
    f.told.ready("generation 1");
    f.told.beat("generation 1");
    f.told.beat("generation 2");
    f.told.stopping("draining", 42s);
    CHECK(f.sent ==
          std::vector<std::string>{"READY=1\nSTATUS=generation 1", "WATCHDOG=1",
                                   "WATCHDOG=1\nSTATUS=generation 2",
                                   "STOPPING=1\nEXTEND_TIMEOUT_USEC=42000000\nSTATUS=draining"});
}

TEST_CASE("a reload carries the monotonic time, and its end says the old status again") {
    fixture f;
    f.told.ready("generation 1");
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    f.told.reloading();
    f.told.ready("generation 1");
    REQUIRE(f.sent.size() == 3);
    const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(f.sent[1].rfind(begin, 0) == 0);
    CHECK(std::stoll(f.sent[1].substr(begin.size())) >=
          std::chrono::duration_cast<std::chrono::microseconds>(before).count());
    CHECK(f.sent[2] == "READY=1\nSTATUS=generation 1");
}

TEST_CASE("a status is one line of bounded length that does not end inside a character") {
    fixture f;
    f.told.ready("first: a\nREADY=0\r\tb\x7f.yaml:1:1");
    CHECK(f.sent[0] == "READY=1\nSTATUS=first: a READY=0  b .yaml:1:1");
    f.told.ready(std::string(499, 'x') + "\u00e4" + std::string(100, 'y'));
    CHECK(f.sent[1] == "READY=1\nSTATUS=" + std::string(499, 'x') + "...");
}

TEST_CASE("without anybody to hear nothing is said") {
    supervisor alone{{}};
    alone.ready("x");
    alone.reloading();
    alone.beat("x");
    alone.stopping("x", 1s);
}
