// SPDX-License-Identifier: Apache-2.0
#include "telemetry/line_ring.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>

using namespace sluice::telemetry;

namespace {

std::string take_all(line_ring& ring) {
    const auto pieces = ring.queued();
    std::string all = std::string{pieces[0]} + std::string{pieces[1]};
    ring.discard(all.size());
    return all;
}

}  // namespace

TEST_CASE("lines come out of a ring whole and in order, also across its end") {
    line_ring ring{16};
    for (int round = 0; round < 100; ++round) {
        CHECK(ring.put("abcde\n"));
        CHECK(ring.put("fg\n"));
        CHECK(take_all(ring) == "abcde\nfg\n");
    }
    CHECK(take_all(ring).empty());
    CHECK(ring.dropped() == 0);
}

TEST_CASE("a full ring drops the line, counts it and takes the next one that fits") {
    line_ring ring{16};
    CHECK(ring.put("0123456789ab\n"));
    CHECK_FALSE(ring.put("four\n"));
    CHECK(ring.put("3\n"));
    CHECK(ring.dropped() == 1);
    CHECK(take_all(ring) == "0123456789ab\n3\n");
    CHECK(ring.put("0123456789abcde\n"));
    CHECK_FALSE(ring.put("\n"));
    CHECK(ring.dropped() == 2);
}

TEST_CASE("a ring is crowded above half and not after it was emptied") {
    line_ring ring{16};
    ring.put("1234567\n");
    CHECK_FALSE(ring.crowded());
    ring.put("\n");
    CHECK(ring.crowded());
    take_all(ring);
    CHECK_FALSE(ring.crowded());
}

TEST_CASE("a worker and a writer lose nothing but what was counted") {
    line_ring ring{4096};
    constexpr unsigned lines = 200'000;
    std::uint64_t refused_ends = 0;
    std::thread worker([&] {
        for (unsigned i = 0; i < lines; ++i)
            ring.put("line " + std::to_string(i) + "\n");
        for (; !ring.put("end\n"); ++refused_ends)
            std::this_thread::yield();
    });
    std::uint64_t seen = 0;
    long last = -1;
    bool ended = false;
    bool in_order = true;
    while (!ended) {
        std::string all = take_all(ring);
        for (std::size_t at = 0; at < all.size();) {
            const std::size_t end = all.find('\n', at);
            if (end == all.npos)
                FAIL("a part of a line");
            const std::string line = all.substr(at, end - at);
            at = end + 1;
            if (line == "end") {
                ended = true;
                continue;
            }
            const long number = std::stol(line.substr(5));
            in_order = in_order && number > last;
            last = number;
            ++seen;
        }
    }
    worker.join();
    CHECK(in_order);
    CHECK(seen + ring.dropped() - refused_ends == lines);
}
