// SPDX-License-Identifier: Apache-2.0
#include "app/machine.hpp"

#include <catch2/catch.hpp>
#include <sched.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using sluice::app::cpu_quota;

namespace {

// A made-up control group tree.
class groups {
public:
    groups() {
        auto pattern = (std::filesystem::temp_directory_path() / "sluice-groups-XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
    }
    ~groups() { std::filesystem::remove_all(root_); }

    void limit(const std::string& group, const std::string& text) {
        std::filesystem::create_directories(root_ + group);
        std::ofstream(root_ + group + "/cpu.max") << text;
    }
    double quota_in(const std::string& membership) {
        std::ofstream(root_ + "/membership") << membership;
        return cpu_quota(root_ + "/membership", root_);
    }

private:
    std::string root_;
};

}  // namespace

TEST_CASE("the quota of the own group counts") {
    groups tree;
    tree.limit("/a/b", "150000 100000\n");
    CHECK(tree.quota_in("0::/a/b\n") == Approx(1.5));
}

TEST_CASE("the tightest quota on the way up counts") {
    groups tree;
    tree.limit("/a/b", "800000 100000\n");
    tree.limit("/a", "50000 100000\n");
    tree.limit("", "max 100000\n");
    CHECK(tree.quota_in("0::/a/b\n") == Approx(0.5));
}

TEST_CASE("no limit, no group, no file or no number is no quota") {
    groups tree;
    tree.limit("/free", "max 100000\n");
    tree.limit("/odd", "many 100000\n");
    tree.limit("/zero", "0 0\n");
    tree.limit("/cut", "100000");
    CHECK(std::isinf(tree.quota_in("0::/free\n")));
    CHECK(std::isinf(tree.quota_in("0::/odd\n")));
    CHECK(std::isinf(tree.quota_in("0::/zero\n")));
    CHECK(std::isinf(tree.quota_in("0::/cut\n")));
    CHECK(std::isinf(tree.quota_in("0::/nowhere\n")));
    CHECK(std::isinf(tree.quota_in("4:cpu:/old\n")));
    CHECK(std::isinf(tree.quota_in("")));
    CHECK(std::isinf(cpu_quota("/nonexistent", "/nonexistent")));
}

TEST_CASE("at least one CPU is usable, and no more than the affinity allows") {
    cpu_set_t set;
    REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
    CHECK(sluice::app::usable_cpus() >= 1);
    CHECK(sluice::app::usable_cpus() <= static_cast<unsigned>(CPU_COUNT(&set)));
}

TEST_CASE("descriptors beside the reserve never wrap, however low the limit") {
    using sluice::app::descriptors_beside_reserve;
    CHECK(descriptors_beside_reserve(1024) == 1008);
    CHECK(descriptors_beside_reserve(17) == 1);
    for (const std::size_t limit : {16, 15, 1, 0})
        CHECK(descriptors_beside_reserve(limit) == 1);
}
