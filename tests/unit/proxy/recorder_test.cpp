// SPDX-License-Identifier: Apache-2.0
// Which series a finished request makes, and under which labels.
#include "app/build_table.hpp"
#include "fake/loop.hpp"
#include "fake/streams.hpp"
#include "proxy/recorder.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>
#include <string>

using namespace std::chrono_literals;
using sluice::blame;
using sluice::errc;
using sluice::failure;

namespace {

sluice::telemetry::access_log_settings no_log() {
    sluice::telemetry::access_log_settings off;
    off.path = "off";
    return off;
}

struct fixture {
    explicit fixture(sluice::telemetry::metrics_settings wanted = {}, unsigned routes = 3)
        : metrics(wanted, 1), recorder(loop.worker, {metrics, log}),
          table(make_table(routes, wanted)) {
        recorder.adopt(*table);
        head.method_name = "GET";
    }

    /// One service with two nodes and as many routes to it as wanted.
    static std::shared_ptr<const sluice::proxy::table>
    make_table(unsigned routes, const sluice::telemetry::metrics_settings& labels = {},
               const sluice::proxy::table* before = nullptr) {
        sluice::app::settings settings;
        settings.metrics = labels;
        sluice::service::service_settings service;
        service.name = "s";
        for (const auto* address : {"10.0.0.1:1", "10.0.0.1:2"})
            service.nodes.push_back({*sluice::net::address::parse(address), 1});
        settings.services.push_back(service);
        for (unsigned i = 0; i < routes; ++i) {
            sluice::proxy::route_settings route;
            route.name = "r" + std::to_string(i);
            route.services.push_back({"s", 1});
            settings.routes.push_back(route);
        }
        return sluice::app::build_table(settings, 1, 1, before);
    }

    void begin(std::size_t route, std::size_t node = 0) {
        x.begin(head, client, {});
        x.route = (*table->routes)[route].get();
        x.target = &x.route->targets[0];
        x.service = table->services[0].get();
        x.node = &x.service->nodes[node];
        x.attempts = 1;
    }
    void served(std::size_t route, unsigned status = 200, std::size_t node = 0) {
        begin(route, node);
        x.status = status;
        x.response_begun = true;
        recorder.attempt_ended(x, {});
        recorder.finish(x);
        x.end();
    }
    /// The sum over a family's series whose line holds `labels`, all of a label set or a part.
    double counted(std::string_view family, std::string_view labels = {}) const {
        double sum = 0;
        std::istringstream page{metrics.text()};
        for (std::string line; std::getline(page, line);)
            if (line.rfind(std::string(family) + '{', 0) == 0 &&
                line.find(labels) != std::string::npos)
                sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
        return sum;
    }

    fake::loop loop;
    fake::client_side client{loop.worker};
    sluice::http::request_head head;
    sluice::telemetry::registry metrics;
    sluice::telemetry::access_log log{no_log(), 1};
    sluice::proxy::recorder recorder;
    std::shared_ptr<const sluice::proxy::table> table;
    sluice::proxy::exchange x{loop.worker};
};

constexpr std::string_view requests = "sluice_requests_total";
constexpr std::string_view durations = "sluice_request_duration_seconds_count";
constexpr std::string_view attempts = "sluice_upstream_requests_total";
constexpr std::string_view rejected = "sluice_rejected_total";

}  // namespace

TEST_CASE("a served request counts under its listener, route, service, status and node") {
    fixture f;
    f.served(1);
    f.served(1, 404, 1);
    CHECK(f.counted(requests, R"({listener="web",route="r1",service="s",code="200"})") == 1);
    CHECK(f.counted(requests, R"({listener="web",route="r1",service="s",code="404"})") == 1);
    CHECK(f.counted(durations, R"({route="r1"})") == 2);
    CHECK(f.counted(attempts, R"({service="s",node="10.0.0.1:1",outcome="success"})") == 1);
    CHECK(f.counted(attempts, R"({service="s",node="10.0.0.1:2",outcome="success"})") == 1);
}

TEST_CASE("without a label per route all routes share one, and no route keeps its own") {
    fixture f({.per_route = false});
    f.served(0);
    f.served(1);
    f.x.begin(f.head, f.client, {});
    f.x.status = 404;
    f.x.error = errc::no_route;
    f.recorder.finish(f.x);
    f.x.end();
    CHECK(f.counted(requests, R"({listener="web",route="all",service="s",code="200"})") == 2);
    CHECK(f.counted(requests, R"({listener="web",route="none",service="none",code="404"})") == 1);
    CHECK(f.counted(durations, R"({route="all"})") == 2);
    CHECK(f.counted(durations, R"({route="none"})") == 1);
    CHECK(f.counted(requests) == 3);
}

TEST_CASE("without a label per node all nodes of a service share one") {
    fixture f({.per_node = false});
    f.served(0, 200, 0);
    f.served(0, 200, 1);
    CHECK(f.counted(attempts, R"({service="s",node="all",outcome="success"})") == 2);
    CHECK(f.counted(attempts) == 2);
}

TEST_CASE("beyond max_series requests count under other, and none is lost") {
    // overhead, one route's histogram and two routes' requests: 18 + 18 + 2 lines
    fixture f({.max_series = 38}, 4);
    for (std::size_t route = 0; route < 4; ++route)
        for (int i = 0; i < 5; ++i) {
            f.begin(route);
            f.x.status = 200;
            f.recorder.finish(f.x);
            f.x.end();
        }
    CHECK(f.counted(requests, R"(route="r0")") == 5);
    CHECK(f.counted(requests, R"(route="r1")") == 5);
    CHECK(f.counted(requests, R"({listener="other",route="other",service="other",code="other"})") ==
          10);
    CHECK(f.counted(durations, R"({route="r0"})") == 5);
    CHECK(f.counted(durations, R"({route="other"})") == 15);
}

TEST_CASE("series go with their route and node, those of a later table's go on") {
    fixture f;
    f.served(0);
    f.served(2);
    f.table = fixture::make_table(1, {}, f.table.get());
    f.recorder.adopt(*f.table);
    CHECK(f.counted(requests) == 1);
    CHECK(f.counted(attempts) == 2);
    CHECK(f.counted(durations) == 1);
    f.served(0);
    CHECK(f.counted(requests, R"(route="r0")") == 2);
}

TEST_CASE("other labels begin other series, the old ones go with the table that asked for them") {
    fixture f;
    f.served(0);
    f.table = fixture::make_table(1, {.per_route = false}, f.table.get());
    f.recorder.adopt(*f.table);
    CHECK(f.counted(requests) == 0);
    f.served(0);
    CHECK(f.counted(requests, R"(route="all")") == 1);
}

TEST_CASE("an answer of ours is rejected under its word, a broken message and a client that left "
          "are not") {
    fixture f;
    const auto ended_with = [&f](errc why, bool begun) {
        f.begin(0);
        f.x.error = why;
        f.x.response_begun = begun;
        f.recorder.finish(f.x);
        f.x.end();
    };
    ended_with(errc::upstream_timeout, false);
    ended_with(errc::shutting_down, false);
    ended_with(errc::upstream_timeout, true);
    ended_with(errc::client_gone, false);
    ended_with(errc::client_too_slow, false);
    CHECK(f.counted(rejected, R"({reason="upstream_timeout"})") == 1);
    CHECK(f.counted(rejected, R"({reason="overloaded"})") == 1);
    CHECK(f.counted(rejected) == 2);
}

TEST_CASE("an attempt's end is its node's outcome only when the node had a part in it") {
    fixture f;
    f.begin(0);
    f.recorder.attempt_ended(f.x, failure{errc::client_gone, blame::client});
    f.recorder.attempt_ended(f.x, failure{errc::upstream_timeout, blame::gateway});
    CHECK(f.counted(attempts) == 0);
    f.recorder.attempt_ended(f.x, failure{errc::connect_failed, blame::upstream});
    f.recorder.attempt_ended(f.x, failure{errc::upstream_timeout, blame::upstream});
    f.recorder.attempt_ended(f.x, failure{errc::bad_upstream_message, blame::upstream});
    f.recorder.attempt_ended(f.x, failure{errc::upstream_closed, blame::upstream});
    f.x.end();
    for (const auto* outcome : {"connect_error", "timeout", "bad_response", "reset"})
        CHECK(f.counted(attempts, outcome) == 1);
    CHECK(f.counted(attempts) == 4);
}

TEST_CASE("a connect counts once, for the attempt that made it") {
    fixture f;
    f.begin(0);
    f.x.connect_took = 3ms;
    f.recorder.attempt_ended(f.x, {});
    f.recorder.attempt_ended(f.x, {});
    f.x.end();
    CHECK(f.counted("sluice_upstream_connect_seconds_count", R"({service="s"})") == 1);
}

TEST_CASE("a retry counts under its service and the reason for it") {
    fixture f;
    f.begin(0);
    f.recorder.retried(f.x, failure{errc::connect_failed, blame::upstream});
    f.recorder.retried(f.x, failure{errc::connect_failed, blame::upstream});
    f.x.end();
    CHECK(f.counted("sluice_retries_total", R"({service="s",reason="bad_gateway"})") == 2);
}

TEST_CASE("a message the codec refused counts without route and service") {
    fixture f;
    f.recorder.refused({errc::head_too_large, "too long", "id", f.client.facts});
    CHECK(f.counted(requests, R"({listener="web",route="none",service="none",code="431"})") == 1);
    CHECK(f.counted(rejected, R"({reason="head_too_large"})") == 1);
}
