// SPDX-License-Identifier: Apache-2.0
#include "sluice/telemetry/metric.hpp"
#include "unit/telemetry/metrics_page.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <thread>

using namespace sluice::telemetry;
using namespace std::chrono_literals;

namespace {

labels route(std::string name) { return {{"route", std::move(name)}}; }

metrics_settings at_most(std::size_t series) {
    metrics_settings settings;
    settings.max_series = series;
    return settings;
}

}  // namespace

TEST_CASE("a counter is on the page with its help, type, labels and value") {
    registry all{{}, 2};
    const auto requests =
        all.make_counter("sluice_requests_total", {{"listener", "web"}, {"code", "200"}});
    requests->add(0, 3);
    requests->add(1, 4);
    const metrics_page page{all.text()};
    CHECK(page.types.at("sluice_requests_total") == "counter");
    CHECK(page.helps.at("sluice_requests_total") ==
          "Requests answered, by the numeric status sent.");
    CHECK(page.values.at(R"(sluice_requests_total{listener="web",code="200"})") == 7);
}

TEST_CASE("a gauge and a histogram are on the page as Prometheus wants them") {
    registry all{{}, 1};
    const auto connections = all.make_gauge("sluice_downstream_connections", {{"listener", "web"}});
    connections->add(0, -2);
    const auto durations = all.make_histogram("sluice_request_duration_seconds", route("a"));
    durations->observe(0, 2ms);
    durations->observe(0, 90s);
    const metrics_page page{all.text()};
    CHECK(page.types.at("sluice_downstream_connections") == "gauge");
    CHECK(page.values.at(R"(sluice_downstream_connections{listener="web"})") == -2);
    CHECK(page.types.at("sluice_request_duration_seconds") == "histogram");
    CHECK(page.values.at(R"(sluice_request_duration_seconds_bucket{route="a",le="0.001"})") == 0);
    CHECK(page.values.at(R"(sluice_request_duration_seconds_bucket{route="a",le="0.0025"})") == 1);
    CHECK(page.values.at(R"(sluice_request_duration_seconds_bucket{route="a",le="60"})") == 1);
    CHECK(page.values.at(R"(sluice_request_duration_seconds_bucket{route="a",le="+Inf"})") == 2);
    CHECK(page.values.at(R"(sluice_request_duration_seconds_count{route="a"})") == 2);
    CHECK(page.values.at(R"(sluice_request_duration_seconds_sum{route="a"})") == Approx(90.002));
    CHECK(page.values.size() == 1 + histogram::bucket_count + 2);
}

TEST_CASE("hostile label values stay inside their quotes") {
    registry all{{}, 1};
    const auto one = all.make_counter("sluice_requests_total", route("a\"} 5\nforged_total 1\\"));
    const metrics_page page{all.text()};
    CHECK(page.values.size() == 1);
    CHECK(page.values.count(R"(sluice_requests_total{route="a\"} 5\nforged_total 1\\"})") == 1);
}

TEST_CASE("the same labels give the same series") {
    registry all{{}, 1};
    const auto first = all.make_counter("sluice_requests_total", route("a"));
    CHECK(all.make_counter("sluice_requests_total", route("a")) == first);
    CHECK(all.make_counter("sluice_requests_total", route("b")) != first);
    CHECK(all.make_counter("sluice_retries_total", route("a")) != first);
}

TEST_CASE("a series vanishes with its last holder and the others keep their values") {
    registry all{{}, 1};
    const auto stays = all.make_counter("sluice_requests_total", route("stays"));
    auto goes = all.make_counter("sluice_requests_total", route("goes"));
    stays->add(0, 5);
    goes->add(0, 9);
    CHECK(metrics_page{all.text()}.values.size() == 2);
    goes.reset();
    const metrics_page page{all.text()};
    CHECK(page.values.size() == 1);
    CHECK(page.values.at(R"(sluice_requests_total{route="stays"})") == 5);
}

TEST_CASE("a family without series is not on the page") {
    registry all{{}, 1};
    all.make_counter("sluice_requests_total", route("gone")).reset();
    CHECK(all.text().empty());
}

TEST_CASE("a series made again after it vanished starts at zero") {
    registry all{{}, 1};
    all.make_counter("sluice_requests_total", route("a"))->add(0, 5);
    const auto again = all.make_counter("sluice_requests_total", route("a"));
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="a"})") == 0);
}

TEST_CASE("beyond max_series new series share the label other and never shrink") {
    registry all{at_most(2), 1};
    const auto a = all.make_counter("sluice_requests_total", route("a"));
    const auto b = all.make_counter("sluice_requests_total", route("b"));
    auto c = all.make_counter("sluice_requests_total", route("c"));
    const auto d = all.make_counter("sluice_requests_total", route("d"));
    CHECK(c == d);
    CHECK(all.make_counter("sluice_requests_total", route("a")) == a);
    c->add(0, 2);
    d->add(0, 3);
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="other"})") == 5);
    c.reset();
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="other"})") == 5);
    CHECK(metrics_page{all.text()}.values.size() == 3);
}

TEST_CASE("the shared series keeps its count when all its holders are gone") {
    registry all{at_most(0), 1};
    all.make_counter("sluice_requests_total", route("a"))->add(0, 2);
    all.make_counter("sluice_requests_total", route("b"))->add(0, 2);
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="other"})") == 4);
}

TEST_CASE("a series that vanished makes room for another") {
    registry all{at_most(1), 1};
    auto a = all.make_counter("sluice_requests_total", route("a"));
    a.reset();
    const auto b = all.make_counter("sluice_requests_total", route("b"));
    CHECK(metrics_page{all.text()}.values.count(R"(sluice_requests_total{route="b"})") == 1);
}

TEST_CASE("a histogram counts as all its lines") {
    registry all{at_most(histogram::bucket_count + 2), 1};
    const auto first = all.make_histogram("sluice_request_duration_seconds", route("a"));
    const auto second = all.make_histogram("sluice_request_duration_seconds", route("b"));
    const metrics_page page{all.text()};
    CHECK(page.values.count(R"(sluice_request_duration_seconds_count{route="a"})") == 1);
    CHECK(page.values.count(R"(sluice_request_duration_seconds_count{route="other"})") == 1);
}

TEST_CASE("a series without labels is always its own") {
    registry all{at_most(0), 1};
    const auto one = all.make_counter("sluice_log_dropped_total", {});
    CHECK(metrics_page{all.text()}.values.count("sluice_log_dropped_total") == 1);
}

TEST_CASE("a watched value is read at each scrape") {
    registry all{{}, 1};
    double generation = 1;
    all.watch("sluice_config_generation", {}, registry::reading_kind::gauge,
              [&] { return generation; });
    CHECK(metrics_page{all.text()}.values.at("sluice_config_generation") == 1);
    generation = 2;
    const metrics_page page{all.text()};
    CHECK(page.values.at("sluice_config_generation") == 2);
    CHECK(page.types.at("sluice_config_generation") == "gauge");
}

TEST_CASE("a watched value takes room from the series and stays itself when there is none") {
    registry all{at_most(2), 1};
    const auto constant = [](double value) { return [value] { return value; }; };
    all.watch("sluice_nodes", {{"service", "a"}}, registry::reading_kind::gauge, constant(1));
    all.watch("sluice_nodes", {{"service", "a"}}, registry::reading_kind::gauge, constant(2));
    const auto fits = all.make_counter("sluice_requests_total", route("fits"));
    const auto over = all.make_counter("sluice_requests_total", route("over"));
    all.watch("sluice_nodes", {{"service", "b"}}, registry::reading_kind::gauge, constant(3));
    const metrics_page page{all.text()};
    CHECK(page.values.count(R"(sluice_requests_total{route="fits"})") == 1);
    CHECK(page.values.count(R"(sluice_requests_total{route="other"})") == 1);
    CHECK(page.values.at(R"(sluice_nodes{service="a"})") == 2);
    CHECK(page.values.at(R"(sluice_nodes{service="b"})") == 3);
}

TEST_CASE("series are made and readings replaced while a watched reading takes its time") {
    registry all{{}, 1};
    std::shared_ptr<counter> made;
    std::future<void> worker;  // outlives the reading: what waits for a lock in vain ends with it
    const auto work = [&] {
        made = all.make_counter("sluice_requests_total", route("a"));
        all.watch("sluice_nodes", route("a"), registry::reading_kind::gauge, [] { return 2.0; });
    };
    // The replaced reading still owns what it uses until it returns.
    all.watch("sluice_nodes", route("a"), registry::reading_kind::gauge,
              [&work, &worker, own = std::make_shared<double>(1)] {
                  worker = std::async(std::launch::async, work);
                  const bool done = worker.wait_for(10s) == std::future_status::ready;
                  return done ? *own : -1;
              });
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_nodes{route="a"})") == 1);
    worker.get();
    CHECK(made != nullptr);
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_nodes{route="a"})") == 2);
}

TEST_CASE("a page longer than one piece of the walk has every series once") {
    registry all{{}, 1};
    std::vector<std::shared_ptr<counter>> held;
    for (int i = 0; i < 2'000; ++i) {
        held.push_back(all.make_counter("sluice_requests_total", route(std::to_string(i))));
        held.back()->add(0, static_cast<std::uint64_t>(i));
    }
    for (int i = 0; i < 2'000; i += 2)
        held[static_cast<std::size_t>(i)].reset();
    const metrics_page page{all.text()};
    CHECK(page.values.size() == 1'000);
    CHECK(page.values.at(R"(sluice_requests_total{route="1999"})") == 1999);
}

TEST_CASE("a family has one type") {
    registry all{{}, 1};
    const auto one = all.make_counter("sluice_requests_total", route("a"));
    CHECK_THROWS_AS(all.make_gauge("sluice_requests_total", route("a")), std::logic_error);
}

TEST_CASE("without a scraper the registry does not grow with series that came and went") {
    registry all{at_most(10), 1};
    for (int i = 0; i < 50'000; ++i)
        all.make_counter("sluice_requests_total", route(std::to_string(i)));
    const auto last = all.make_counter("sluice_requests_total", route("last"));
    CHECK(metrics_page{all.text()}.values.count(R"(sluice_requests_total{route="last"})") == 1);
}

TEST_CASE("a series may outlive the registry") {
    std::shared_ptr<counter> one;
    {
        registry all{{}, 1};
        one = all.make_counter("sluice_requests_total", route("a"));
    }
    one->add(0);
    CHECK(one->sum() == 1);
}

TEST_CASE("workers count and make series while the page is read") {
    registry all{{}, 2};
    const auto work = [&](unsigned thread) {
        const auto shared = all.make_counter("sluice_requests_total", route("shared"));
        for (int i = 0; i < 500; ++i) {
            shared->add(thread);
            all.make_histogram("sluice_request_duration_seconds", route(std::to_string(i % 7)))
                ->observe(thread, 1ms);
        }
        return shared;
    };
    std::shared_ptr<counter> first;
    std::shared_ptr<counter> second;
    std::thread one([&] { first = work(0); });
    std::thread two([&] { second = work(1); });
    double before = 0;
    bool fell = false;
    for (int i = 0; i < 200; ++i) {
        const metrics_page page{all.text()};
        const auto found = page.values.find(R"(sluice_requests_total{route="shared"})");
        if (found == page.values.end())
            continue;
        fell = fell || found->second < before;
        before = found->second;
    }
    one.join();
    two.join();
    CHECK_FALSE(fell);
    CHECK(first == second);
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="shared"})") == 1000);
}

TEST_CASE("a watched family tells its series anew at each page, and they count against the bound") {
    registry all{at_most(4), 1};
    std::vector<std::string> names{"a", "b", "c"};
    all.watch_family("sluice_nodes", registry::reading_kind::gauge, [&](const auto& tell) {
        for (const auto& name : names)
            tell({{"service", name}, {"state", "healthy"}}, 1);
    });
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_nodes{service="c",state="healthy"})") == 1);
    const auto last = all.make_counter("sluice_requests_total", route("r"));
    const auto over = all.make_counter("sluice_requests_total", route("s"));
    over->add(0);
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="other"})") == 1);
    names = {"d"};
    const metrics_page page{all.text()};
    CHECK(page.values.contains(R"(sluice_nodes{service="d",state="healthy"})"));
    CHECK_FALSE(page.values.contains(R"(sluice_nodes{service="a",state="healthy"})"));
    const auto again = all.make_counter("sluice_requests_total", route("t"));
    again->add(0);
    CHECK(metrics_page{all.text()}.values.at(R"(sluice_requests_total{route="t"})") == 1);
}

TEST_CASE("another bound holds for series made after it") {
    registry all{at_most(1), 1};
    const auto one = all.make_counter("sluice_requests_total", route("a"));
    all.set_max_series(2);
    const auto two = all.make_counter("sluice_requests_total", route("b"));
    two->add(0);
    const auto three = all.make_counter("sluice_requests_total", route("c"));
    three->add(0);
    const metrics_page page{all.text()};
    CHECK(page.values.at(R"(sluice_requests_total{route="b"})") == 1);
    CHECK(page.values.at(R"(sluice_requests_total{route="other"})") == 1);
}
