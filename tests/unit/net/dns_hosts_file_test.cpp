// SPDX-License-Identifier: Apache-2.0
#include "net/dns/hosts_file.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace sluice::net::dns {

namespace {

using namespace std::chrono_literals;
using verdict = dns_answer::verdict;

/// A file that goes with the test.
class scratch_file {
public:
    scratch_file() {
        char name[] = "/tmp/sluice-hosts-XXXXXX";
        ::close(mkstemp(name));
        path = name;
    }
    ~scratch_file() { std::filesystem::remove(path); }
    void write(const std::string& text) const { std::ofstream(path) << text; }

    std::string path;
};

constexpr time_point start{1h};

std::string ips(const std::optional<dns_answer>& of) {
    if (!of)
        return "unknown";
    std::string all;
    for (const auto& one : of->addresses)
        all += one.ip() + " ";
    return all;
}

}  // namespace

TEST_CASE("a hosts file is addresses with names, several lines a name, comments left out") {
    const auto names = hosts_file::parse("# all\n"
                                         "127.0.0.1 localhost Local.Test # here\r\n"
                                         "\t::1\tlocalhost\n"
                                         "10.0.0.2 app\n10.0.0.1 app app\n10.0.0.2 app\n"
                                         "0.0.0.0 blocked\n"
                                         "not-an-ip app\n10.0.0.9 b/d\n10.0.0.9");
    CHECK(names.size() == 3);
    CHECK(names.at("localhost").size() == 2);
    CHECK(names.at("local.test").size() == 1);
    REQUIRE(names.at("app").size() == 2);
    CHECK(names.at("app")[0].ip() == "10.0.0.1");
}

TEST_CASE("a name of the hosts file has its addresses by family, and lasts a fixed time") {
    const scratch_file file;
    file.write("10.0.0.1 app\n");
    hosts_file hosts(file.path);
    const auto v4 = hosts.find({"app", record_kind::a}, start);
    CHECK(ips(v4) == "10.0.0.1 ");
    CHECK(v4->ttl == hosts_file::period);
    CHECK(hosts.find({"app", record_kind::aaaa}, start)->what == verdict::absent);
    CHECK(ips(hosts.find({"other", record_kind::a}, start)) == "unknown");
    CHECK(ips(hosts.find({"app", record_kind::srv}, start)) == "unknown");
}

TEST_CASE("a changed hosts file is read again after its period, and a vanished one is empty") {
    const scratch_file file;
    file.write("10.0.0.1 app\n");
    hosts_file hosts(file.path);
    hosts.find({"app", record_kind::a}, start);
    file.write("10.0.0.1 app\n10.0.0.2 app\n");
    CHECK(ips(hosts.find({"app", record_kind::a}, start + 4s)) == "10.0.0.1 ");
    CHECK(ips(hosts.find({"app", record_kind::a}, start + 5s)) == "10.0.0.1 10.0.0.2 ");
    std::filesystem::remove(file.path);
    CHECK(ips(hosts.find({"app", record_kind::a}, start + 10s)) == "unknown");
}

}  // namespace sluice::net::dns
