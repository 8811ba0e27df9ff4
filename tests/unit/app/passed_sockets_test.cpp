// SPDX-License-Identifier: Apache-2.0
// Sockets a test opens itself and passes as systemd would.
#include "app/passed_sockets.hpp"
#include "fake/socket.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <netinet/in.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using sluice::app::passed_socket;
using sluice::app::passed_sockets;

namespace {

/// A socket of port 0 on the loopback address, listening, and blocking as systemd makes it.
sluice::net::owned_fd listening(int family = AF_INET) {
    sluice::net::owned_fd made(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::listen(made.get(), 8) == 0);
    return made;
}

passed_sockets passing(std::vector<std::string> names) {
    std::vector<passed_socket> all;
    for (auto& name : names)
        all.push_back({std::move(name), listening()});
    return passed_sockets(std::move(all));
}

std::string refusal_of(const passed_sockets& all, const std::string& name) {
    try {
        (void)all.share(name, 2);
    } catch (const std::runtime_error& refused) {
        return refused.what();
    }
    return "shared";
}

}  // namespace

TEST_CASE("all workers share the one queue of a passed socket, which stays open without them") {
    const auto all = passing({"web"});
    sluice::net::address where;
    {
        const auto shared = all.share("web", 3);
        REQUIRE(shared.descriptors.size() == 3);
        where = shared.bound;
        CHECK(where.port() != 0);
        for (const auto& fd : shared.descriptors) {
            CHECK((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0);
            CHECK(::fcntl(fd.get(), F_GETFD) == FD_CLOEXEC);
        }
    }
    CHECK(all.share("web", 1).bound == where);
}

TEST_CASE("a socket nobody passed is refused with the names that were") {
    const auto all = passing({"web", "metrics"});
    CHECK(refusal_of(all, "wbe") ==
          "cannot listen on systemd:wbe: no socket named wbe was passed, only web, metrics");
    CHECK(refusal_of(passed_sockets({}), "web") ==
          "cannot listen on systemd:web: no socket named web was passed, nor any other: start it "
          "by a socket unit of systemd");
}

TEST_CASE("two sockets of one name are refused, and told once") {
    const auto all = passing({"web", "web", "other"});
    CHECK(refusal_of(all, "web").rfind("cannot listen on systemd:web: 2 sockets named web", 0) ==
          0);
    CHECK(all.names() == std::vector<std::string>{"web", "other"});
}

TEST_CASE("what is no listening stream socket is refused") {
    std::vector<passed_socket> all;
    const auto add = [&](const char* name, int fd) {
        REQUIRE(fd >= 0);
        all.push_back({name, sluice::net::owned_fd(fd)});
    };
    add("not listening", ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    add("datagram", ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    add("file", ::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const passed_sockets passed(std::move(all));
    for (const auto& name : passed.names())
        CHECK(refusal_of(passed, name) ==
              "cannot listen on systemd:" + name +
                  ": it is no listening stream socket (ListenStream=, Accept=no)");
}
