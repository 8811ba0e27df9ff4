// SPDX-License-Identifier: Apache-2.0
// The source as services see it: a resolver played by hand, time that the test moves.
#include "fake/dns_message.hpp"
#include "fake/loop.hpp"
#include "fake/resolver.hpp"
#include "net/dns/answer_reader.hpp"
#include "sources/catalog.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using fake::resolver;
using kind = sluice::net::record_kind;
using namespace std::chrono_literals;

class written_down final : public sluice::service::source_sink {
public:
    void put(sluice::service::source_update update) override {
        std::string line = update.service + ":";
        for (const auto& one : update.nodes)
            line += " " + one.address.to_string();
        lines.push_back(std::move(line));
    }
    std::vector<std::string> take() { return std::exchange(lines, {}); }

    std::vector<std::string> lines;
};

using lines = std::vector<std::string>;

struct bench {
    fake::loop loop;
    resolver names;
    written_down sink;
    std::unique_ptr<sluice::service::service_source> source =
        sluice::sources::make("dns", {loop.worker, names, sink});

    static sluice::service::service_settings service(const std::string& name,
                                                     std::vector<sluice::service::dns_name> of) {
        sluice::service::service_settings one;
        one.name = name;
        one.source = "dns";
        one.names = std::move(of);
        return one;
    }
    /// Answers and lets everything happen that follows within the gathering time.
    void give(const std::string& name, kind of, const resolver::answer& with) {
        REQUIRE(names.give(name, of, with));
        loop.settle();
    }
    void gather() { loop.advance(60ms); }
    /// So many times this name does not exist, while `b` fails.
    void lose(const std::string& name, int times) {
        for (int i = 0; i < times; ++i) {
            loop.advance(10s);
            if (names.is_asked("b", kind::a))
                give("b", kind::a, resolver::failed());
            if (names.is_asked(name, kind::a))
                give(name, kind::a, resolver::absent());
        }
        gather();
    }
    /// One name with one IPv4 address, known and told.
    void follow_shop() {
        source->follow({service("shop", {{"a", 80, 1}})});
        give("a", kind::aaaa, resolver::absent(3600s));
        give("a", kind::a, resolver::found({"10.0.0.1"}, 10s));
        gather();
        REQUIRE(sink.take() == lines{"shop: 10.0.0.1:80"});
    }
};

}  // namespace

TEST_CASE("a new service is asked for at once and told when its answers are here") {
    bench b;
    b.source->follow({bench::service("shop", {{"a", 80, 1}})});
    CHECK(b.names.is_asked("a", kind::a));
    CHECK(b.names.is_asked("a", kind::aaaa));
    CHECK(b.sink.lines.empty());
    b.give("a", kind::aaaa, resolver::found({"2001:db8::1"}));
    b.give("a", kind::a, resolver::found({"10.0.0.2", "10.0.0.1"}));
    CHECK(b.sink.lines.empty());
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.1:80 10.0.0.2:80 [2001:db8::1]:80"});
}

TEST_CASE("an answer that never comes holds up no other") {
    bench b;
    b.source->follow({bench::service("shop", {{"a", 80, 1}, {"b", 80, 1}})});
    b.give("a", kind::a, resolver::found({"10.0.0.1"}));
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.1:80"});
}

TEST_CASE("a name is asked again when its records expire, and only a change is told") {
    bench b;
    b.follow_shop();
    b.loop.advance(8900ms);
    CHECK_FALSE(b.names.is_asked("a", kind::a));
    b.loop.advance(1200ms);
    b.give("a", kind::a, resolver::found({"10.0.0.1"}, 1s));
    b.gather();
    CHECK(b.sink.lines.empty());
    b.loop.advance(1s);
    b.give("a", kind::a, resolver::found({"10.0.0.2"}, 0s));
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.2:80"});
    b.loop.advance(1s);
    CHECK(b.names.is_asked("a", kind::a));
}

TEST_CASE("failures keep the nodes for ever, and the next good answer counts") {
    bench b;
    b.follow_shop();
    b.loop.advance(10s);
    for (int i = 0; i < 50; ++i) {
        b.give("a", kind::a, resolver::failed());
        b.loop.advance(10s + 20ms);
    }
    CHECK(b.sink.lines.empty());
    b.give("a", kind::a, resolver::found({"10.0.0.9"}));
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.9:80"});
}

TEST_CASE("a vanished name leaves the service without nodes after the third time") {
    bench b;
    b.follow_shop();
    for (int i = 0; i < 2; ++i) {
        b.loop.advance(10s);
        b.give("a", kind::a, resolver::absent());
        if (b.names.is_asked("a", kind::aaaa))
            b.give("a", kind::aaaa, resolver::absent());
        b.gather();
        CHECK(b.sink.lines.empty());
    }
    b.loop.advance(5s);
    b.give("a", kind::a, resolver::absent());
    b.gather();
    CHECK(b.sink.take() == lines{"shop:"});
    b.loop.advance(60s);
    b.give("a", kind::a, resolver::found({"10.0.0.1"}));
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.1:80"});
}

TEST_CASE("a name that never existed is told as no nodes once that is sure, one that fails is not "
          "told") {
    bench b;
    b.source->follow(
        {bench::service("none", {{"no", 80, 1}}), bench::service("lost", {{"x", 80, 1}})});
    for (int i = 0; i < 3; ++i) {
        CHECK(b.sink.lines.empty());
        b.give("no", kind::a, resolver::absent());
        b.give("no", kind::aaaa, resolver::absent());
        b.give("x", kind::a, resolver::failed());
        b.give("x", kind::aaaa, resolver::failed());
        b.loop.advance(5s);
    }
    b.gather();
    CHECK(b.sink.take() == lines{"none:"});
}

TEST_CASE("a name that is gone loses its nodes although another one of its service keeps failing") {
    bench b;
    b.source->follow({bench::service("shop", {{"a", 80, 1}, {"b", 80, 1}})});
    b.give("a", kind::a, resolver::found({"10.0.0.1"}, 1s));
    b.gather();
    REQUIRE(b.sink.take() == lines{"shop: 10.0.0.1:80"});
    b.lose("a", 2);
    CHECK(b.sink.lines.empty());
    b.lose("a", 1);
    CHECK(b.sink.take() == lines{"shop:"});
}

TEST_CASE("a failure keeps the nodes of its own question, and no others") {
    bench b;
    b.source->follow({bench::service("shop", {{"a", 80, 1}, {"b", 80, 1}})});
    b.give("a", kind::a, resolver::found({"10.0.0.1"}, 1s));
    b.give("b", kind::a, resolver::found({"10.0.0.2"}, 1s));
    b.gather();
    REQUIRE(b.sink.take() == lines{"shop: 10.0.0.1:80 10.0.0.2:80"});
    b.lose("a", 3);
    CHECK(b.sink.take() == lines{"shop: 10.0.0.2:80"});
    b.lose("a", 10);
    CHECK(b.sink.lines.empty());
}

TEST_CASE("SRV records that are gone lose their nodes although a plain name keeps failing") {
    bench b;
    b.source->follow({bench::service("shop", {{"_h._tcp.s", 0, 1}, {"b", 80, 1}})});
    b.give("_h._tcp.s", kind::srv, resolver::services({{"a", 8080, 1, 1}}, 1s));
    b.gather();
    b.give("a.", kind::a, resolver::found({"10.0.0.1"}, 3600s));
    b.gather();
    REQUIRE(b.sink.take() == lines{"shop: 10.0.0.1:8080"});
    for (int i = 0; i < 3; ++i) {
        CHECK(b.sink.lines.empty());
        b.loop.advance(10s);
        b.give("_h._tcp.s", kind::srv, resolver::absent());
        b.give("b", kind::a, resolver::failed());
    }
    b.gather();
    CHECK(b.sink.take() == lines{"shop:"});
}

TEST_CASE("SRV records that lead to targets nobody answers for keep the nodes there were") {
    bench b;
    b.source->follow({bench::service("shop", {{"_h._tcp.s", 0, 1}})});
    b.give("_h._tcp.s", kind::srv, resolver::services({{"a", 8080, 1, 1}}, 1s));
    b.gather();
    b.give("a.", kind::a, resolver::found({"10.0.0.1"}, 3600s));
    b.gather();
    REQUIRE(b.sink.take() == lines{"shop: 10.0.0.1:8080"});
    b.loop.advance(1s);
    b.give("_h._tcp.s", kind::srv, resolver::services({{"c", 8080, 1, 1}}, 3600s));
    b.gather();
    for (int i = 0; i < 10; ++i) {
        b.give("c.", kind::a, resolver::failed());
        b.give("c.", kind::aaaa, resolver::failed());
        b.loop.advance(11s);
    }
    CHECK(b.sink.lines.empty());
    for (int i = 0; i < 3; ++i) {
        b.give("c.", kind::a, resolver::absent());
        b.give("c.", kind::aaaa, resolver::absent());
        b.loop.advance(5s);
    }
    b.gather();
    CHECK(b.sink.take() == lines{"shop:"});
}

TEST_CASE("an entry with addresses no node can have protects nobody's nodes and has none") {
    bench b;
    b.source->follow({bench::service("shop", {{"a", 80, 1}, {"b", 80, 1}})});
    const auto blocked = [] {
        return sluice::net::dns::read_answer(
            fake::dns_message("b", ns_t_a).a("@", "0.0.0.0").bytes(), kind::a);
    };
    b.give("a", kind::a, resolver::found({"10.0.0.1"}, 1s));
    b.give("b", kind::a, blocked());
    b.gather();
    REQUIRE(b.sink.take() == lines{"shop: 10.0.0.1:80"});
    for (int i = 0; i < 3; ++i) {
        CHECK(b.sink.lines.empty());
        b.loop.advance(10s);
        b.give("a", kind::a, resolver::absent());
        if (b.names.is_asked("b", kind::a))
            b.give("b", kind::a, blocked());
    }
    b.gather();
    CHECK(b.sink.take() == lines{"shop:"});
}

TEST_CASE("an answer that two askers wait for counts once") {
    bench b;
    const auto shop = bench::service("shop", {{"a", 80, 1}});
    b.source->follow({shop});
    b.source->follow({});
    b.source->follow({shop});
    REQUIRE(b.names.count.at({"a", kind::a}) == 2);
    for (int i = 0; i < 3; ++i) {
        CHECK(b.sink.lines.empty());
        b.give("a", kind::aaaa, resolver::absent());
        b.give("a", kind::a, resolver::absent());
        b.gather();
        b.loop.advance(5s);
    }
    CHECK(b.sink.take() == lines{"shop:"});
}

TEST_CASE("the source is up from a good answer until a question begins to fail") {
    bench b;
    CHECK_FALSE(b.source->state().up);
    b.source->follow(
        {bench::service("one", {{"a", 80, 1}}), bench::service("two", {{"b", 80, 1}})});
    CHECK_FALSE(b.source->state().up);
    b.give("a", kind::a, resolver::failed());
    CHECK_FALSE(b.source->state().up);
    CHECK_FALSE(b.source->state().last_success);
    const auto before = std::chrono::system_clock::now();
    b.give("b", kind::a, resolver::absent(1s));
    CHECK(b.source->state().up);
    const auto success = b.source->state().last_success;
    REQUIRE(success);
    CHECK(*success >= before);
    CHECK(*success <= std::chrono::system_clock::now());
    b.loop.advance(10s);
    b.give("a", kind::a, resolver::failed());
    CHECK(b.source->state().up);
    b.give("b", kind::a, resolver::failed());
    CHECK_FALSE(b.source->state().up);
    CHECK(b.source->state().last_success == success);
    b.loop.advance(10s);
    b.give("a", kind::a, resolver::found({"10.0.0.1"}));
    CHECK(b.source->state().up);
}

TEST_CASE("a source is not down for a question that nobody asks any more") {
    bench b;
    b.follow_shop();
    b.source->follow(
        {bench::service("shop", {{"a", 80, 1}}), bench::service("lost", {{"x", 80, 1}})});
    b.give("x", kind::a, resolver::failed());
    CHECK_FALSE(b.source->state().up);
    b.source->follow({bench::service("shop", {{"a", 80, 1}})});
    CHECK(b.source->state().up);
}

TEST_CASE("SRV records are followed to their targets, and targets that left are asked no more") {
    bench b;
    b.source->follow({bench::service("shop", {{"_h._tcp.s", 0, 1}})});
    b.give("_h._tcp.s", kind::srv, resolver::services({{"a", 8080, 1, 1}}, 10s));
    b.gather();
    b.give("a.", kind::a, resolver::found({"10.0.0.1"}, 3600s));
    b.give("a.", kind::aaaa, resolver::absent());
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.1:8080"});
    b.loop.advance(10s);
    b.give("_h._tcp.s", kind::srv, resolver::services({{"b", 8081, 1, 1}}, 10s));
    b.gather();
    const auto asked = b.names.count.at({"a.", kind::aaaa});
    b.give("b.", kind::a, resolver::found({"10.0.0.2"}, 3600s));
    b.gather();
    CHECK(b.sink.take() == lines{"shop: 10.0.0.2:8081"});
    b.loop.advance(3700s);
    CHECK(b.names.count.at({"a.", kind::aaaa}) == asked);
    CHECK(b.names.count.at({"a.", kind::a}) == 1);
}

TEST_CASE("two services with one name share its questions and both are told") {
    bench b;
    b.source->follow(
        {bench::service("one", {{"a", 80, 1}}), bench::service("two", {{"a", 81, 1}})});
    b.give("a", kind::a, resolver::found({"10.0.0.1"}));
    b.gather();
    CHECK(b.names.count.at({"a", kind::a}) == 1);
    CHECK(b.sink.take() == lines{"one: 10.0.0.1:80", "two: 10.0.0.1:81"});
}

TEST_CASE("following again leaves alone what did not change, and knows names at once") {
    bench b;
    b.follow_shop();
    b.source->follow(
        {bench::service("shop", {{"a", 80, 1}}), bench::service("new", {{"a", 90, 1}})});
    CHECK(b.sink.take() == lines{"new: 10.0.0.1:90"});
    CHECK(b.names.count.at({"a", kind::a}) == 1);
    b.source->follow({bench::service("shop", {{"a", 85, 1}})});
    CHECK(b.sink.take() == lines{"shop: 10.0.0.1:85"});
    CHECK(b.names.count.at({"a", kind::a}) == 1);
}

TEST_CASE("a service that went is neither asked for nor told any more") {
    bench b;
    b.follow_shop();
    b.loop.advance(10s);
    REQUIRE(b.names.is_asked("a", kind::a));
    b.source->follow({});
    b.give("a", kind::a, resolver::found({"10.0.0.2"}));
    b.loop.advance(100s);
    CHECK(b.sink.lines.empty());
    CHECK_FALSE(b.names.is_asked("a", kind::a));
    b.source->follow({bench::service("shop", {{"a", 80, 1}})});
    CHECK(b.names.is_asked("a", kind::a));
}

TEST_CASE("nothing is told after the source's end, whatever is still answered") {
    bench b;
    b.source->follow({bench::service("shop", {{"a", 80, 1}})});
    b.give("a", kind::a, resolver::found({"10.0.0.1"}));
    REQUIRE(b.names.is_asked("a", kind::aaaa));
    b.source.reset();
    b.give("a", kind::aaaa, resolver::found({"2001:db8::1"}));
    b.gather();
    CHECK(b.sink.lines.empty());
}

TEST_CASE("there is no source of an unknown name, and fixed nodes need none") {
    bench b;
    CHECK(sluice::sources::make("fixed", {b.loop.worker, b.names, b.sink}) == nullptr);
    CHECK(sluice::sources::make("dsn", {b.loop.worker, b.names, b.sink}) == nullptr);
}
