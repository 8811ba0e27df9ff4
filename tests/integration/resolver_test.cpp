// SPDX-License-Identifier: Apache-2.0
// The resolver, with c-ares under it, and name servers the test plays. The only clock here is
// c-ares' own, which no test can stop: patience is short, and no test depends on how short.
#include "fake/name_server.hpp"
#include "sluice/net/resolver.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace sluice::net {

namespace {

using fake::name_server;
using verdict = dns_answer::verdict;
using namespace std::chrono_literals;

class bench {
public:
    boost::asio::io_context context;

    // Short patience is for servers that say nothing: on a busy machine it asks others twice.
    static constexpr auto little = 50ms;
    std::unique_ptr<resolver> ask_these(std::vector<address> servers,
                                        std::chrono::milliseconds patience = 3s) {
        resolver_settings settings;
        settings.servers = std::move(servers);
        settings.patience = patience;
        return make_resolver(context, settings);
    }
    /// Runs until this question has its answer.
    dns_answer ask(resolver& of, const std::string& name, record_kind kind = record_kind::a) {
        std::optional<dns_answer> got;
        of.resolve({name, kind}, [&](const auto& answer) { got = answer; });
        run_until([&] { return got.has_value(); });
        return *got;
    }
    template <class Done>
    void run_until(Done done) {
        context.restart();
        while (!done() && context.run_one_for(10s) != 0)
            ;
        REQUIRE(done());
    }
};

name_server::bytes one_address(const name_server::query& asked) {
    return asked.answer().a("@", "10.0.0.1", 7).bytes();
}
name_server::bytes nothing(const name_server::query&) { return {}; }

}  // namespace

TEST_CASE("a name server is asked over UDP and its records come with their TTL") {
    bench b;
    name_server server(b.context, one_address);
    const auto names = b.ask_these({server.address()});
    const auto answer = b.ask(*names, "app.example");
    CHECK(answer.what == verdict::found);
    CHECK(answer.addresses.at(0).ip() == "10.0.0.1");
    CHECK(answer.ttl == 7s);
    CHECK(server.asked == 1);
}

TEST_CASE("SRV and AAAA records are asked for as such") {
    bench b;
    name_server server(b.context, [](const auto& asked) {
        return asked.type == ns_t_srv ? asked.answer().srv("@", 1, 2, 8080, "a.example").bytes()
                                      : asked.answer().aaaa("@", "2001:db8::1").bytes();
    });
    const auto names = b.ask_these({server.address()});
    CHECK(b.ask(*names, "_h._tcp.example", record_kind::srv).services.at(0).port == 8080);
    CHECK(b.ask(*names, "app.example", record_kind::aaaa).addresses.at(0).is_v6());
}

TEST_CASE("a truncated answer is asked for again over TCP, a thousand records are read") {
    bench b;
    name_server server(b.context, [](const auto& asked) {
        if (!asked.over_tcp)
            return asked.answer(ns_r_noerror, 0x0200).bytes();
        auto large = asked.answer();
        for (int at = 0; at < 1'000; ++at)
            large.a("@",
                    ("10.1." + std::to_string(at / 250) + "." + std::to_string(at % 250)).c_str());
        return large.bytes();
    });
    const auto names = b.ask_these({server.address()});
    CHECK(b.ask(*names, "app.example").addresses.size() == 1'000);
    CHECK(server.asked_over_tcp == 1);
}

TEST_CASE("negative answers say how long they hold") {
    bench b;
    name_server server(b.context, [](const auto& asked) {
        return asked.answer(ns_r_nxdomain).soa("example", 300, 20).bytes();
    });
    const auto names = b.ask_these({server.address()});
    const auto answer = b.ask(*names, "no.example");
    CHECK(answer.what == verdict::absent);
    CHECK(answer.ttl == 20s);
}

TEST_CASE("a server that says nothing, errors or garbage is a failure") {
    bench b;
    const auto kind = GENERATE(0, 1, 2, 3, 4);
    name_server server(b.context, [kind](const auto& asked) {
        switch (kind) {
        case 0:
            return name_server::bytes();
        case 1:
            return asked.answer(ns_r_servfail).bytes();
        case 2:
            return asked.answer(ns_r_refused).bytes();
        case 3:
            return name_server::bytes(37, 0xff);
        default:
            return asked.answer().a("@", "10.0.0.1").claim_answers(40'000).bytes();
        }
    });
    const auto names = b.ask_these({server.address()}, bench::little);
    const auto answer = b.ask(*names, "app.example");
    INFO(kind << " " << answer.why);
    CHECK(answer.what == verdict::failed);
    CHECK_FALSE(answer.why.empty());
    CHECK(server.asked >= 1);
}

TEST_CASE("nobody at the port of a server is a failure") {
    bench b;
    std::optional<name_server> server(std::in_place, b.context, nothing);
    const auto names = b.ask_these({server->address()}, bench::little);
    server.reset();
    CHECK(b.ask(*names, "app.example").what == verdict::failed);
}

TEST_CASE("the next server is asked when one is silent, which comes last for a while") {
    bench b;
    name_server silent(b.context, nothing);
    name_server good(b.context, one_address);
    const auto names = b.ask_these({silent.address(), good.address()}, bench::little);
    CHECK(b.ask(*names, "a.example").what == verdict::found);
    const auto asked = silent.asked;
    CHECK(asked >= 1);
    good.asked = 0;
    CHECK(b.ask(*names, "b.example").what == verdict::found);
    CHECK(silent.asked == asked);
    CHECK(good.asked == 1);
}

TEST_CASE("a server that was not there comes last for a while, also when it is back") {
    bench b;
    std::optional<name_server> gone(std::in_place, b.context, nothing);
    const auto place = gone->address();
    name_server good(b.context, one_address);
    const auto names = b.ask_these({place, good.address()}, bench::little);
    gone.reset();
    CHECK(b.ask(*names, "a.example").what == verdict::found);
    name_server back(b.context, one_address, place.port());
    good.asked = 0;
    CHECK(b.ask(*names, "b.example").what == verdict::found);
    CHECK(back.asked == 0);
    CHECK(good.asked == 1);
}

TEST_CASE("an error or garbage for one name leads that question to the next server, and no other") {
    bench b;
    const auto kind = GENERATE(0, 1, 2, 3);
    name_server first(b.context, [kind](const auto& asked) {
        if (asked.name != "odd.example")
            return one_address(asked);
        const auto error = kind == 0 ? ns_r_servfail : kind == 1 ? ns_r_refused : ns_r_notimpl;
        return kind < 3 ? asked.answer(error).bytes()
                        : asked.answer().a("@", "10.0.0.9").claim_answers(40'000).bytes();
    });
    name_server second(
        b.context, [](const auto& asked) { return asked.answer().a("@", "10.0.0.2", 7).bytes(); });
    const auto names = b.ask_these({first.address(), second.address()});
    CHECK(b.ask(*names, "odd.example").addresses.at(0).ip() == "10.0.0.2");
    CHECK(b.ask(*names, "app.example").addresses.at(0).ip() == "10.0.0.1");
    CHECK(second.asked == 1);
}

TEST_CASE("a name that does not exist is an answer, the next server is not asked") {
    bench b;
    name_server first(b.context, [](const auto& asked) {
        return asked.answer(ns_r_nxdomain).soa("example", 300, 20).bytes();
    });
    name_server second(b.context, one_address);
    const auto names = b.ask_these({first.address(), second.address()});
    CHECK(b.ask(*names, "no.example").what == verdict::absent);
    CHECK(second.asked == 0);
}

TEST_CASE("equal questions under way are asked once, and each asker is answered") {
    bench b;
    name_server server(b.context, one_address);
    const auto names = b.ask_these({server.address()});
    int answered = 0;
    for (int i = 0; i < 10; ++i)
        names->resolve({"app.example", record_kind::a}, [&](const auto&) { ++answered; });
    CHECK(answered == 0);
    b.run_until([&] { return answered == 10; });
    CHECK(server.asked == 1);
}

TEST_CASE("a thousand names at once are all answered") {
    bench b;
    name_server server(b.context, one_address);
    const auto names = b.ask_these({server.address()});
    int found = 0;
    int answered = 0;
    for (int i = 0; i < 1'000; ++i)
        names->resolve({"a" + std::to_string(i) + ".example", record_kind::a},
                       [&](const auto& answer) {
                           ++answered;
                           found += answer.what == verdict::found ? 1 : 0;
                       });
    b.run_until([&] { return answered == 1'000; });
    CHECK(found == 1'000);
}

TEST_CASE("other servers are asked from the next question on") {
    bench b;
    name_server first(b.context, one_address);
    name_server second(b.context, one_address);
    const auto names = b.ask_these({first.address()});
    b.ask(*names, "a.example");
    names->use(names->prepare({second.address()}));
    b.ask(*names, "b.example");
    CHECK(first.asked == 1);
    CHECK(second.asked == 1);
}

TEST_CASE("servers may be exchanged while a question is under way") {
    bench b;
    name_server first(b.context, nothing);
    name_server second(b.context, one_address);
    const auto names = b.ask_these({first.address()}, bench::little);
    std::optional<dns_answer> old;
    names->resolve({"a.example", record_kind::a}, [&](const auto& answer) { old = answer; });
    b.run_until([&] { return first.asked > 0; });
    names->use(names->prepare({second.address()}));
    CHECK(b.ask(*names, "b.example").what == verdict::found);
    b.run_until([&] { return old.has_value(); });
    CHECK(old->what == verdict::failed);
}

TEST_CASE("a resolver may end while questions are under way and waiting") {
    bench b;
    name_server server(b.context, nothing);
    auto names = b.ask_these({server.address()});
    int answered = 0;
    for (int i = 0; i < 300; ++i)
        names->resolve({"a" + std::to_string(i), record_kind::a}, [&](const auto&) { ++answered; });
    b.run_until([&] { return server.asked > 50; });
    names.reset();
    b.context.poll();
    CHECK(answered == 0);
}

TEST_CASE("a resolver may end within a reply") {
    bench b;
    name_server server(b.context, one_address);
    auto names = b.ask_these({server.address()});
    int answered = 0;
    for (int i = 0; i < 3; ++i)
        names->resolve({"a.example", record_kind::a}, [&](const auto&) {
            ++answered;
            names.reset();
        });
    b.run_until([&] { return answered == 1; });
    b.context.poll();
    CHECK(answered == 1);
}

TEST_CASE("without name servers of its own the hosts file goes first") {
    char folder[] = "/tmp/sluice-resolver-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::string hosts = std::string(folder) + "/hosts";
    std::ofstream(hosts) << "10.9.9.9 app.example\n";
    bench b;
    resolver_settings settings;
    settings.resolv_conf = std::string(folder) + "/resolv.conf";
    settings.hosts = hosts;
    settings.patience = 50ms;
    std::ofstream(settings.resolv_conf) << "nameserver 127.0.0.255\nsearch shop.example\n";
    const auto names = make_resolver(b.context, settings);
    CHECK(b.ask(*names, "app.example").addresses.at(0).ip() == "10.9.9.9");
    CHECK(b.ask(*names, "app.example", record_kind::aaaa).what == verdict::absent);
    std::filesystem::remove_all(folder);
}

}  // namespace sluice::net
