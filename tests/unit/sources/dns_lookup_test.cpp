// SPDX-License-Identifier: Apache-2.0
#include "fake/resolver.hpp"
#include "sources/dns/lookup.hpp"

#include <catch2/catch.hpp>

using fake::resolver;
using sluice::time_point;
using sluice::sources::lookup;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

/// How long after `start` the next question is due, without chance.
auto wait_after(lookup& of, const resolver::answer& with) {
    of.take(with, start, 0);
    return of.due() - start;
}

auto first_wait(const resolver::answer& with) {
    lookup fresh;
    return wait_after(fresh, with);
}

}  // namespace

TEST_CASE("records are asked again when they expire, within a second and an hour") {
    CHECK(first_wait(resolver::found({"10.0.0.1"}, 30s)) == 30s);
    CHECK(first_wait(resolver::found({"10.0.0.1"}, 0s)) == 1s);
    CHECK(first_wait(resolver::found({"10.0.0.1"}, 86'400s)) == 3600s);
}

TEST_CASE("chance makes the next question up to a tenth earlier, never later") {
    for (std::uint64_t chance = 0; chance < 5'000; ++chance) {
        lookup one;
        one.take(resolver::found({"10.0.0.1"}, 10s), start, chance);
        REQUIRE(one.due() <= start + 10s);
        REQUIRE(one.due() > start + 9s);
    }
    lookup low, high;
    low.take(resolver::found({"10.0.0.1"}, 10s), start, 0);
    high.take(resolver::found({"10.0.0.1"}, 10s), start, 999);
    CHECK(low.due() != high.due());
}

TEST_CASE("only other records are a change") {
    lookup one;
    CHECK(one.take(resolver::found({"10.0.0.1"}), start, 0));
    CHECK_FALSE(one.take(resolver::found({"10.0.0.1"}, 5s), start, 0));
    CHECK(one.take(resolver::found({"10.0.0.1", "10.0.0.2"}), start, 0));
    CHECK(one.addresses().size() == 2);
    CHECK(one.take(resolver::services({{"a.example", 80, 0, 0}}), start, 0));
    CHECK(one.take(resolver::services({{"a.example", 80, 0, 1}}), start, 0));
}

TEST_CASE("a failure keeps the records and is tried again at a growing pace") {
    lookup one;
    one.take(resolver::found({"10.0.0.1"}), start, 0);
    CHECK(wait_after(one, resolver::failed("SERVFAIL")) == 1s);
    CHECK(one.is_failing());
    CHECK(one.why() == "SERVFAIL");
    CHECK(wait_after(one, resolver::failed()) == 2s);
    CHECK(wait_after(one, resolver::failed()) == 4s);
    CHECK(wait_after(one, resolver::failed()) == 8s);
    for (int i = 0; i < 100; ++i)
        CHECK(wait_after(one, resolver::failed()) == 10s);
    CHECK(one.addresses().size() == 1);
    CHECK_FALSE(one.take(resolver::found({"10.0.0.1"}), start, 0));
    CHECK_FALSE(one.is_failing());
    CHECK(wait_after(one, resolver::failed()) == 1s);
}

TEST_CASE("records go only after three absences in a row") {
    lookup one;
    one.take(resolver::found({"10.0.0.1"}), start, 0);
    CHECK_FALSE(one.take(resolver::absent(), start, 0));
    CHECK_FALSE(one.take(resolver::absent(), start, 0));
    CHECK(one.addresses().size() == 1);
    CHECK_FALSE(one.is_surely_absent());
    CHECK(one.take(resolver::absent(), start, 0));
    CHECK(one.addresses().empty());
    CHECK(one.is_surely_absent());
    CHECK_FALSE(one.take(resolver::absent(), start, 0));
    CHECK(one.take(resolver::found({"10.0.0.1"}), start, 0));
    CHECK_FALSE(one.is_surely_absent());
}

TEST_CASE("a failure or an answer between absences breaks their row") {
    const auto between = GENERATE(0, 1);
    lookup one;
    one.take(resolver::found({"10.0.0.1"}), start, 0);
    for (int i = 0; i < 5; ++i) {
        one.take(resolver::absent(), start, 0);
        one.take(resolver::absent(), start, 0);
        one.take(between == 0 ? resolver::failed() : resolver::found({"10.0.0.1"}), start, 0);
    }
    CHECK(one.addresses().size() == 1);
    CHECK_FALSE(one.is_surely_absent());
}

TEST_CASE("a failure does not bring back what is surely gone") {
    lookup one;
    for (int i = 0; i < 3; ++i)
        one.take(resolver::absent(), start, 0);
    one.take(resolver::failed(), start, 0);
    CHECK(one.is_surely_absent());
}

TEST_CASE("an absence is doubted every few seconds, then believed as long as it holds") {
    lookup one;
    CHECK(wait_after(one, resolver::absent(40s)) == 5s);
    CHECK(wait_after(one, resolver::absent(40s)) == 5s);
    CHECK(wait_after(one, resolver::absent(40s)) == 40s);
    CHECK(wait_after(one, resolver::absent(3600s)) == 60s);
    CHECK(wait_after(one, resolver::absent(0s)) == 5s);
    CHECK(wait_after(one, resolver::absent(2s)) == 2s);
    lookup brief;
    CHECK(wait_after(brief, resolver::absent(1s)) == 1s);
}

TEST_CASE("nothing is known before the first answer, nor by a failure") {
    lookup one;
    CHECK_FALSE(one.is_answered());
    one.take(resolver::failed(), start, 0);
    CHECK_FALSE(one.is_answered());
    one.take(resolver::absent(), start, 0);
    CHECK(one.is_answered());
}
