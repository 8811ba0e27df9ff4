// SPDX-License-Identifier: Apache-2.0
#include "sluice/http/date.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::chrono;
using sluice::http::http_date;

namespace {

std::string at(seconds since_epoch, milliseconds more = {}) {
    return std::string{http_date(system_clock::time_point{since_epoch + more})};
}

}  // namespace

TEST_CASE("dates are written as IMF-fixdate") {
    CHECK(at(784111777s) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(at(0s) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(at(951782400s) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(at(1767225599s) == "Wed, 31 Dec 2025 23:59:59 GMT");
}

TEST_CASE("the text follows the clock by whole seconds, also backwards") {
    CHECK(at(100s, 999ms) == at(100s));
    CHECK(at(101s) == "Thu, 01 Jan 1970 00:01:41 GMT");
    CHECK(at(100s) == "Thu, 01 Jan 1970 00:01:40 GMT");
}
