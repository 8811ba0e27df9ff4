// SPDX-License-Identifier: Apache-2.0
#include "proxy/recorder.hpp"

#include "sluice/http/listener.hpp"
#include "sluice/http/local_reply.hpp"
#include "sluice/runtime/worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sluice::proxy {

namespace {

constexpr std::string_view no_label = "none";
constexpr std::string_view every_label = "all";  // where the settings ask for no label of each

struct attempt_outcome {
    std::string_view word;
    unsigned number;
};

// What an attempt says about its node. Nothing, when something else ended it before a response
// head: the client, a stop, a full pool or a lack of descriptors. After the head of an answer only
// the node can still fail.
std::optional<attempt_outcome> outcome_of(const std::optional<failure>& failed,
                                          bool response_begun) noexcept {
    if (failed && failed->who != blame::upstream && !response_begun)
        return {};
    if (!failed || failed->who != blame::upstream)
        return attempt_outcome{"success", 0};
    switch (failed->code) {
    case errc::connect_failed:
        return attempt_outcome{"connect_error", 1};
    case errc::upstream_timeout:
        return attempt_outcome{"timeout", 2};
    case errc::bad_upstream_message:
        return attempt_outcome{"bad_response", 3};
    case errc::tls_failed:
        return attempt_outcome{"tls_error", 5};
    default:
        return attempt_outcome{"reset", 4};
    }
}

// A request is rejected by an answer of ours. Whoever left got none.
bool rejects(errc why) noexcept { return why != errc::client_gone && why != errc::client_too_slow; }

// After the head went out the status says nothing about the end; the log has words of its own for
// that.
std::string_view error_word(const exchange& x) noexcept {
    if (!x.error)
        return {};
    if (*x.error == errc::upstream_closed && x.response_begun)
        return "upstream_closed";
    return http::reply_for(*x.error).word;
}

// "none" is the contract's word for no route, whatever the labels: what nobody matched stays apart
// from what was served.
std::string route_label(const table_route* route, bool per_route) {
    if (route == nullptr)
        return std::string(no_label);
    return per_route ? route->settings.name : std::string(every_label);
}

std::string_view protocol_of(const http::request_head& head) noexcept {
    if (head.received.major_number == 2)
        return "HTTP/2.0";
    return head.received.is_1_0() ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

recorder::recorder(runtime::worker& owner, recorder_sinks sinks)
    : worker_(owner), sinks_(sinks), thread_(owner.index()),
      overhead_(sinks.metrics.make_histogram("sluice_overhead_seconds", {})) {}

void recorder::adopt(const table& next) { labels_ = next.labels; }

route_slot& recorder::slot_of(const table_route* route) noexcept {
    return route == nullptr ? unmatched_ : route->series->of(thread_);
}

telemetry::counter& recorder::request_counter(const exchange& x) {
    const auto& client = x.client->client();
    if (x.target == nullptr)
        return counter_of(slot_of(x.route).requests, client, x.route, no_label, x.status);
    return counter_of(x.target->series->of(thread_), client, x.route, x.service->settings.name,
                      x.status);
}

telemetry::counter& recorder::counter_of(request_counters& in, const http::client_facts& client,
                                         const table_route* route, std::string_view service,
                                         unsigned status) {
    auto& found = in.of(client, status);
    if (!found)
        found = sinks_.metrics.make_counter("sluice_requests_total",
                                            {{"listener", client.listener->name},
                                             {"route", route_label(route, labels_.per_route)},
                                             {"service", std::string(service)},
                                             {"code", fmt::format("{}", status)}},
                                            guard_of(client));
    return *found;
}

telemetry::histogram& recorder::duration_of(const exchange& x) {
    auto& found = slot_of(x.route).durations;
    if (!found)
        found = sinks_.metrics.make_histogram("sluice_request_duration_seconds",
                                              {{"route", route_label(x.route, labels_.per_route)}});
    return *found;
}

telemetry::counter& recorder::attempt_counter(const exchange& x, std::string_view outcome,
                                              unsigned number) {
    auto& found = x.node->series->of(thread_).attempts[number];
    if (!found)
        found = sinks_.metrics.make_counter(
            "sluice_upstream_requests_total",
            {{"service", x.service->settings.name},
             {"node", labels_.per_node ? x.node->text : std::string(every_label)},
             {"outcome", std::string(outcome)}});
    return *found;
}

void recorder::attempt_ended(exchange& x, const std::optional<failure>& failed) {
    if (x.connect_took != duration{})
        connect_time_of(x).observe(thread_, std::exchange(x.connect_took, {}));
    if (const auto outcome = outcome_of(failed, x.response_begun))
        attempt_counter(x, outcome->word, outcome->number).add(thread_);
}

telemetry::histogram& recorder::connect_time_of(const exchange& x) {
    auto& found = x.service->series->of(thread_).connects;
    if (!found)
        found = sinks_.metrics.make_histogram("sluice_upstream_connect_seconds",
                                              {{"service", x.service->settings.name}});
    return *found;
}

void recorder::retried(const exchange& x, const failure& why) {
    const auto reason = http::reply_for(why.code).word;  // static text
    auto& known = x.service->series->of(thread_).retries;
    auto found = std::ranges::find(known, reason, [](const auto& one) { return one.first; });
    if (found == known.end())
        found = known.emplace(known.end(), reason,
                              sinks_.metrics.make_counter("sluice_retries_total",
                                                          {{"service", x.service->settings.name},
                                                           {"reason", std::string(reason)}}));
    found->second->add(thread_);
}

void recorder::finish(const exchange& x) {
    const auto took = steady_clock::now() - x.started;
    request_counter(x).add(thread_);
    duration_of(x).observe(thread_, took);
    overhead_->observe(thread_, took - x.upstream_wait);
    if (x.error && !x.response_begun && rejects(*x.error))
        count_rejected(http::reply_for(*x.error).word);
    if (sinks_.log.enabled())
        write_line(x, took);
}

void recorder::write_line(const exchange& x, duration took) {
    telemetry::access_record line;
    line.started =
        worker_.wall_now() - std::chrono::duration_cast<std::chrono::system_clock::duration>(took);
    line.request_id = {x.request_id.data(), x.request_id_size};
    line.client = x.sent_by.address;
    line.method = x.request->method_name;
    line.host = x.request->host;
    line.path = x.request->path;
    line.protocol = protocol_of(*x.request);
    line.status = static_cast<int>(x.status);
    line.bytes_in = x.client->bytes_in();
    line.bytes_out = x.client->bytes_out();
    line.duration = took;
    if (x.attempts != 0)
        line.upstream = x.upstream_wait;
    if (x.route != nullptr)
        line.route = x.route->settings.name;
    if (x.service != nullptr)
        line.service = x.service->settings.name;
    if (x.node != nullptr)
        line.node = x.node->text;
    line.attempts = x.attempts;
    line.error = error_word(x);
    sinks_.log.write(thread_, line);
}

void recorder::count_rejected(std::string_view reason) {
    auto& found = rejected_[std::string(reason)];
    if (!found)
        found =
            sinks_.metrics.make_counter("sluice_rejected_total", {{"reason", std::string(reason)}});
    found->add(thread_);
}

void recorder::turned_away(errc why) noexcept { count_rejected(http::reply_for(why).word); }

void recorder::refused(const http::refusal& what) noexcept {
    const auto& answer = http::reply_for(what.code);
    if (rejects(what.code))
        count_rejected(answer.word);
    counter_of(unmatched_.requests, what.client, nullptr, no_label, answer.status).add(thread_);
    if (!sinks_.log.enabled())
        return;
    telemetry::access_record line;
    line.request_id = what.request_id;
    line.started = worker_.wall_now();
    line.client = what.client.address;
    line.status = static_cast<int>(answer.status);
    line.error = answer.word;
    sinks_.log.write(thread_, line);
}

}  // namespace sluice::proxy
