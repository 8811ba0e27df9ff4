// SPDX-License-Identifier: Apache-2.0
// What a reload does to requests, streams and listeners that are there: the whole process with two
// workers, its configuration held in memory, nodes and clients played byte by byte.
#include "app/process.hpp"
#include "raw_client.hpp"
#include "scripted_node.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

using namespace sluice;
using namespace sluice::conformance;

namespace {

// A configuration a test can change between two readings.
class changing_file {
public:
    void write(std::string text) {
        const std::lock_guard guard(lock_);
        text_ = std::move(text);
    }
    app::loaded_settings read() {
        auto around = config::machine();
        around.read = [this](const std::string&, std::size_t, std::string&) {
            const std::lock_guard guard(lock_);
            return std::optional(text_);
        };
        around.identity = [](const std::string& path) { return path; };
        return app::load_settings("gateway.yaml", around);
    }

private:
    std::mutex lock_;
    std::string text_;
};

struct parts {
    std::string listeners = R"([{name: web, address: "127.0.0.1:0"}])";
    std::string services;
    std::string routes = "[{name: r, service: s}]";
    std::string more = {};

    std::string yaml() const {
        return fmt::format("workers: 2\nlisteners: {}\nservices: {}\nroutes: {}\n"
                           "admin: {{address: \"127.0.0.1:0\"}}\naccess_log: {{path: off}}\n{}\n",
                           listeners, services, routes, more);
    }
};

std::string service_at(const scripted_node& node, std::string_view name = "s") {
    return fmt::format("[{{name: {}, url: \"{}\"}}]", name, node.address());
}

class reloading_gateway {
public:
    explicit reloading_gateway(const parts& first, app::sources_in_use::factory sources = {},
                               const std::string& source = "fixed")
        : source_(source) {
        telemetry::set_log_level(telemetry::log_level::error);
        file_.write(first.yaml());
        process_ = std::make_unique<app::process>(
            read(), app::process_surroundings{[this] { return read(); }, std::move(sources)});
        control_ = std::thread([this] { process_->run(); });
    }
    ~reloading_gateway() {
        process_->stop();
        process_->stop();
        control_.join();
    }

    /// Blocks until it is over.
    admin::reload_report reload(const std::string& yaml) {
        file_.write(yaml);
        std::promise<admin::reload_report> over;
        on_control([&] {
            process_->reload([&](const admin::reload_report& how) { over.set_value(how); });
        });
        return over.get_future().get();
    }
    admin::reload_report reload(const parts& next) { return reload(next.yaml()); }

    void on_control(std::function<void()> work) {
        boost::asio::post(process_->context(), std::move(work));
    }
    /// Asks on the control thread, as the admin API does.
    template <class Ask>
    auto ask(Ask what) {
        std::packaged_task<decltype(what(*process_))()> task([&] { return what(*process_); });
        auto answer = task.get_future();
        on_control([&] { task(); });
        return answer.get();
    }
    std::uint16_t port(std::size_t listener = 0) {
        return ask(
            [&](app::process& of) { return of.open_listeners().at(listener).bound.bound.port(); });
    }
    /// Where the nodes of all services come from after the next reload.
    void find_by(std::string source) { source_ = std::move(source); }
    std::uint64_t generation() {
        return ask([](app::process& of) { return of.status().generation; });
    }
    std::string metrics() {
        return ask([](app::process& of) { return of.metrics_text(); });
    }
    bool has_series(std::string_view piece) { return metrics().find(piece) != std::string::npos; }
    /// The number behind that piece of the page.
    double value_of(std::string_view piece) {
        const auto page = metrics();
        const auto at = page.find(piece);
        return at == std::string::npos ? -1
                                       : std::strtod(page.c_str() + at + piece.size(), nullptr);
    }
    /// A request on a connection of its own.
    unsigned get(std::string_view path, std::size_t listener = 0) {
        raw_client client(port(listener));
        client.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path));
        return client.read_final().status();
    }

private:
    app::loaded_settings read() {
        auto loaded = file_.read();
        for (auto& one : loaded.values.services)
            one.source = source_;
        return loaded;
    }

    changing_file file_;
    std::string source_;
    std::unique_ptr<app::process> process_;
    std::thread control_;
};

unsigned ask_on(raw_client& client, std::string_view path = "/") {
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", path));
    return client.read_final().status();
}

// The worker reads its letters in its next turn, which may be a moment away.
template <class Holds>
bool soon(Holds holds) {
    for (int i = 0; i < 2000; ++i) {
        if (holds())
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

}  // namespace

TEST_CASE("a kept-alive connection goes on with the nodes of the new table") {
    scripted_node old_node(
        std::vector<connection_script>{always("HTTP/1.1 201 A\r\nContent-Length: 0\r\n\r\n")});
    scripted_node new_node(
        std::vector<connection_script>{always("HTTP/1.1 202 B\r\nContent-Length: 0\r\n\r\n")});
    reloading_gateway gateway({.services = service_at(old_node)});
    raw_client client(gateway.port());
    CHECK(ask_on(client) == 201);
    CHECK(gateway.reload(parts{.services = service_at(new_node)}).ok);
    CHECK(gateway.generation() == 2);
    CHECK(soon([&] { return ask_on(client) == 202; }));
    CHECK(old_node.await_ended(1));  // an idle connection to a node that went is closed at once
    CHECK(soon([&] { return !gateway.has_series(old_node.address()); }));
    CHECK(soon([&] { return gateway.has_series(new_node.address()); }));
}

TEST_CASE("a node that stays keeps its connections and its counts, whatever else changes") {
    scripted_node node, other;
    reloading_gateway gateway({.services = service_at(node)});
    raw_client client(gateway.port());
    CHECK(ask_on(client) == 200);
    CHECK(gateway
              .reload(parts{
                  .services = fmt::format("[{{name: t, url: \"{}\"}}, {{name: s, url: \"{}, {}\", "
                                          "pool: {{idle: 3}}, retries: {{attempts: 1}}}}]",
                                          other.address(), other.address(), node.address()),
                  .routes =
                      "[{name: q, match: {path: {exact: /q}}, service: t}, {name: r, service: s, "
                      "timeout: 9s}]"})
              .ok);
    for (int i = 0; i < 4; ++i)
        CHECK(ask_on(client) == 200);
    CHECK(node.connections() == 1);
    // the other node may have had some of the four
    const auto counted = fmt::format(R"(node="{}",outcome="success"}})", node.address());
    CHECK(soon([&] { return gateway.value_of(counted) >= 3; }));
}

TEST_CASE("a download that began before a reload ends whole after it, its node and route gone") {
    scripted_node node(std::vector<connection_script>{
        {acts::read_head, acts::send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"),
         acts::tell, acts::await_signal, acts::send("56789"), acts::await_end}});
    scripted_node other;
    reloading_gateway gateway({.services = service_at(node)});
    raw_client client(gateway.port());
    client.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(node.await_told());
    CHECK(gateway
              .reload(parts{.services = service_at(other, "t"),
                            .routes = "[{name: q, match: {path: {prefix: /q}}, service: t}]"})
              .ok);
    CHECK(soon([&] { return gateway.get("/long") == 404; }));
    node.signal();
    const auto whole = client.read_final();
    CHECK(whole.how == ending::whole);
    CHECK(whole.body == "0123456789");
    CHECK(ask_on(client, "/q") == 200);  // and its connection goes on
    CHECK(node.await_ended(1));
    CHECK(soon([&] { return !gateway.has_series("route=\"r\""); }));
}

TEST_CASE("a tunnel outlasts the reload that took its node away") {
    scripted_node node(std::vector<connection_script>{
        {acts::read_head,
         acts::send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"),
         acts::echo}});
    scripted_node other;
    reloading_gateway gateway({.services = service_at(node)});
    raw_client client(gateway.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    REQUIRE(client.read().status() == 101);
    for (int i = 0; i < 5; ++i) {
        CHECK(gateway.reload(parts{.services = service_at(other)}).ok);
        client.send("still here");
        CHECK(client.read_raw(10) == "still here");
    }
}

TEST_CASE("a listener that is new serves, one that goes ends after what it has begun") {
    scripted_node node;
    reloading_gateway gateway({.services = service_at(node)});
    const auto old_port = gateway.port();
    raw_client kept(old_port);
    CHECK(ask_on(kept) == 200);
    CHECK(gateway
              .reload(parts{.listeners = R"([{name: web, address: "127.0.0.1:0"},)"
                                         R"( {name: more, address: "127.0.0.1:0"}])",
                            .services = service_at(node)})
              .ok);
    CHECK(gateway.port(0) == old_port);
    CHECK(gateway.get("/", 1) == 200);
    CHECK(gateway
              .reload(parts{.listeners = R"([{name: more, address: "127.0.0.1:0"}])",
                            .services = service_at(node)})
              .ok);
    CHECK(soon([&] {
        kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto last = kept.read_final();
        CHECK(last.status() == 200);
        return last.field("Connection") == "close";
    }));
    CHECK(kept.ends());
    CHECK(soon([&] {
        try {
            return !raw_client(old_port).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        } catch (const std::exception&) {
            return true;
        }
    }));
    CHECK(gateway.get("/", 0) == 200);
    CHECK(soon(
        [&] { return !gateway.has_series(R"(sluice_downstream_connections{listener="web"})"); }));
}

TEST_CASE("a changed listener keeps its socket, and connections keep the terms they began with") {
    scripted_node node;
    reloading_gateway gateway({.services = service_at(node)});
    const auto port = gateway.port();
    raw_client kept(port);
    CHECK(ask_on(kept, "/a/../b") == 200);
    CHECK(gateway
              .reload(parts{.listeners =
                                R"([{name: web, address: "127.0.0.1:0", path_normalize: reject}])",
                            .services = service_at(node)})
              .ok);
    CHECK(gateway.port() == port);
    CHECK(soon([&] { return gateway.get("/a/../b") == 400; }));
    CHECK(ask_on(kept, "/a/../b") == 200);
}

TEST_CASE("a broken file changes nothing and says where it is broken") {
    scripted_node node;
    const parts good{.services = service_at(node)};
    reloading_gateway gateway(good);
    raw_client client(gateway.port());
    auto broken = good;
    broken.routes = "[{name: r, service: gone}]";
    const auto how = gateway.reload(broken);
    CHECK_FALSE(how.ok);
    REQUIRE(how.problems.size() == 1);
    CHECK(how.problems[0].rfind("gateway.yaml:4:29: routes[0].service: no service", 0) == 0);
    CHECK(gateway.generation() == 1);
    CHECK(gateway.has_series("sluice_config_last_reload_success 0"));
    CHECK(ask_on(client) == 200);
    CHECK(gateway.reload(good).ok);
    CHECK(gateway.has_series("sluice_config_last_reload_success 1"));
    CHECK(gateway.generation() == 2);
}

TEST_CASE("a reload whose listener cannot be bound is refused as a whole") {
    scripted_node node, holder;
    const parts good{.services = service_at(node)};
    reloading_gateway gateway(good);
    auto next = good;
    next.routes = "[{name: r, match: {path: {exact: /only}}, service: s}]";
    next.listeners = fmt::format(R"([{{name: web, address: "127.0.0.1:0"}},)"
                                 R"( {{name: free, address: "127.0.0.1:0"}},)"
                                 R"( {{name: taken, address: "{}"}}])",
                                 holder.address());
    const auto how = gateway.reload(next);
    CHECK_FALSE(how.ok);
    REQUIRE(how.problems.size() == 1);
    CHECK(how.problems[0].find("cannot bind " + holder.address()) != std::string::npos);
    CHECK(gateway.get("/anything") == 200);
    CHECK(gateway.ask([](app::process& of) { return of.open_listeners().size(); }) == 1);
}

TEST_CASE("keys that need a restart keep their value and are named") {
    scripted_node node;
    const parts good{.services = service_at(node)};
    reloading_gateway gateway(good);
    auto other = good.yaml();
    other.replace(other.find("workers: 2"), 10, "workers: 3");
    const auto how = gateway.reload(other);
    CHECK(how.ok);
    REQUIRE(how.problems.size() == 1);
    CHECK(how.problems[0].rfind("warning: workers: takes effect on restart", 0) == 0);
    CHECK(gateway.ask([](app::process& of) { return of.status().workers; }) == 2);
}

TEST_CASE("limits and deadlines hold for connections that come after the reload") {
    scripted_node node;
    const parts good{.services = service_at(node)};
    reloading_gateway gateway(good);
    auto tight = good;
    tight.more = "limits: {body: 10B}";
    CHECK(gateway.reload(tight).ok);
    CHECK(soon([&] {
        raw_client client(gateway.port());
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890");
        return client.read_final().status() == 413;
    }));
}

namespace {

/// A source of which a test says what it finds.
struct told_source final : service::service_source {
    explicit told_source(service::source_sink& to) : sink(to) {}
    void follow(const std::vector<service::service_settings>& wanted) override {
        followed = wanted.size();
    }
    service::source_state state() const override { return now; }
    service::source_sink& sink;
    std::size_t followed = 0;
    service::source_state now;
};

}  // namespace

TEST_CASE("nodes a source finds get requests, and a reload keeps them") {
    scripted_node node;
    told_source* source = nullptr;
    reloading_gateway gateway(
        {.services = R"([{name: s, url: "127.0.0.1:1"}])"},
        [&](const std::string&, const sources::surroundings& around) {
            auto made = std::make_unique<told_source>(around.sink);
            source = made.get();
            return made;
        },
        "told");
    const auto find = [&](std::vector<service::node> nodes) {
        gateway.ask([&](app::process&) {
            source->sink.put({"s", nodes});
            return 0;
        });
    };
    find({});
    CHECK(soon([&] { return gateway.get("/") == 503; }));
    find({{*net::address::parse(node.address()), 1}});
    CHECK(soon([&] { return gateway.get("/") == 200; }));
    CHECK(gateway
              .reload(parts{.services = R"([{name: s, url: "127.0.0.1:1"}])",
                            .routes = "[{name: other, service: s}]"})
              .ok);
    CHECK(gateway.get("/") == 200);
    CHECK(gateway.ask([&](app::process&) { return source->followed; }) == 1);
}

TEST_CASE("how a source is doing is told as long as a service names it") {
    scripted_node node;
    told_source* source = nullptr;
    reloading_gateway gateway(
        {.services = service_at(node)},
        [&](const std::string&, const sources::surroundings& around) {
            auto made = std::make_unique<told_source>(around.sink);
            source = made.get();
            return made;
        },
        "told");
    const auto is = [&](service::source_state state) {
        gateway.ask([&](app::process&) {
            source->now = state;
            return 0;
        });
    };
    const std::string up = "sluice_source_up{source=\"told\"} ";
    const std::string when = "sluice_source_last_success_timestamp_seconds{source=\"told\"} ";
    CHECK(gateway.value_of(up) == 0);
    CHECK_FALSE(gateway.has_series(when));
    using namespace std::chrono_literals;
    is({true, std::chrono::system_clock::time_point(1'700'000'000s)});
    CHECK(gateway.value_of(up) == 1);
    CHECK(gateway.value_of(when) == 1'700'000'000);
    gateway.find_by("fixed");
    CHECK(gateway.reload(parts{.services = service_at(node)}).ok);
    CHECK_FALSE(gateway.has_series("sluice_source_"));
}

TEST_CASE("requests that never pause meet reload after reload, and none of them fails") {
    scripted_node a, b;
    const parts one{.services = service_at(a)};
    const parts two{.services = fmt::format("[{{name: t, url: \"{}\"}}, {{name: s, url: \"{}\"}}]",
                                            a.address(), b.address()),
                    .routes = "[{name: q, match: {path: {prefix: /q}}, service: t}, "
                              "{name: r, service: s}]"};
    reloading_gateway gateway(one);
    const auto port = gateway.port();
    std::atomic<bool> over = false;
    std::atomic<int> served = 0;
    std::atomic<int> failed = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i)
        clients.emplace_back([&] {
            raw_client client(port);
            while (!over)
                ++(ask_on(client, "/x") == 200 ? served : failed);
        });
    for (int round = 0; round < 30; ++round) {
        CHECK(gateway.reload(round % 2 == 0 ? two : one).ok);
        if (round % 5 == 0)
            CHECK_FALSE(gateway.reload("workers: [").ok);
    }
    const auto enough = served + 50;
    CHECK(soon([&] { return served >= enough; }));
    over = true;
    for (auto& thread : clients)
        thread.join();
    CHECK(failed == 0);
    CHECK(served > 50);
    CHECK(gateway.generation() == 31);
}
