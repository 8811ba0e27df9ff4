// SPDX-License-Identifier: Apache-2.0
#include "proxy/recorder.hpp"

#include "sluice/http/listener.hpp"
#include "sluice/http/local_reply.hpp"
#include "sluice/runtime/worker.hpp"

#include <fmt/format.h>

namespace sluice::proxy {

namespace {

constexpr std::string_view no_label = "none";

struct attempt_outcome {
    std::string_view word;
    unsigned number;
};

attempt_outcome outcome_of(const std::optional<failure>& failed) noexcept {
    if (!failed || failed->who == blame::client)
        return {"success", 0};
    switch (failed->code) {
    case errc::connect_failed:
        return {"connect_error", 1};
    case errc::upstream_timeout:
        return {"timeout", 2};
    case errc::bad_upstream_message:
        return {"bad_response", 3};
    default:
        return {"reset", 4};
    }
}

// After the head went out the status says nothing about the end; the log has words of its own for that.
std::string_view error_word(const exchange& x) noexcept {
    if (!x.error)
        return {};
    if (*x.error == errc::upstream_closed && x.response_begun)
        return "upstream_closed";
    return http::reply_for(*x.error).word;
}

std::string_view protocol_of(const http::request_head& head) noexcept {
    return head.received.minor_number == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

} // namespace

recorder::recorder(runtime::worker& owner, recorder_sinks sinks)
    : worker_(owner), sinks_(sinks), thread_(owner.index()), overhead_(sinks.metrics.make_histogram("sluice_overhead_seconds", {})) {}

void recorder::adopt(const table& next) {
    requests_.clear();
    attempts_.clear();
    durations_.assign(next.routes.size() + 1, nullptr);
}

telemetry::counter& recorder::request_counter(const exchange& x) {
    const auto& listener = x.client->client().listener->name;
    const auto place = listeners_.try_emplace(listener, static_cast<unsigned>(listeners_.size())).first->second;
    const std::uint64_t route = x.route == nullptr ? 0 : x.route->position + 1;
    const std::uint64_t service = x.target == nullptr ? 0 : x.target->service->position + 1;
    auto& found = requests_[(std::uint64_t{place} << 56) ^ (route << 34) ^ (service << 12) ^ x.status];
    if (!found)
        found = sinks_.metrics.make_counter(
            "sluice_requests_total",
            {{"listener", listener},
             {"route", x.route == nullptr || !sinks_.per_route ? std::string(no_label) : x.route->settings.name},
             {"service", x.target == nullptr ? std::string(no_label) : x.target->service->settings.name},
             {"code", fmt::format("{}", x.status)}});
    return *found;
}

telemetry::histogram& recorder::duration_of(const exchange& x) {
    auto& found = durations_[x.route == nullptr ? durations_.size() - 1 : x.route->position];
    if (!found)
        found = sinks_.metrics.make_histogram(
            "sluice_request_duration_seconds",
            {{"route", x.route == nullptr || !sinks_.per_route ? std::string(no_label) : x.route->settings.name}});
    return *found;
}

telemetry::counter& recorder::attempt_counter(const exchange& x, std::string_view outcome, unsigned number) {
    const std::uint64_t service = x.target->service->position;
    const auto node = static_cast<std::uint64_t>(x.node - x.target->service->nodes.data());
    auto& found = attempts_[(service << 34) ^ (node << 4) ^ number];
    if (!found)
        found = sinks_.metrics.make_counter("sluice_upstream_requests_total",
                                            {{"service", x.target->service->settings.name},
                                             {"node", sinks_.per_node ? x.node->text : std::string("all")},
                                             {"outcome", std::string(outcome)}});
    return *found;
}

void recorder::attempt_ended(const exchange& x, const std::optional<failure>& failed) {
    const auto outcome = outcome_of(failed);
    attempt_counter(x, outcome.word, outcome.number).add(thread_);
}

void recorder::finish(const exchange& x) {
    const auto took = steady_clock::now() - x.started_steady;
    request_counter(x).add(thread_);
    duration_of(x).observe(thread_, took);
    overhead_->observe(thread_, took - x.upstream_wait);
    if (x.error && !x.response_begun && x.status != 0)
        count_rejected(http::reply_for(*x.error).word);
    if (sinks_.log.enabled())
        write_line(x, took);
}

void recorder::write_line(const exchange& x, duration took) {
    telemetry::access_record line;
    line.started = x.started;
    line.request_id = {x.request_id.data(), x.request_id_size};
    line.client = x.client->client().address;
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
    if (x.target != nullptr)
        line.service = x.target->service->settings.name;
    if (x.node != nullptr)
        line.node = x.node->text;
    line.attempts = x.attempts;
    line.error = error_word(x);
    sinks_.log.write(thread_, line);
}

void recorder::count_rejected(std::string_view reason) {
    auto& found = rejected_[std::string(reason)];
    if (!found)
        found = sinks_.metrics.make_counter("sluice_rejected_total", {{"reason", std::string(reason)}});
    found->add(thread_);
}

void recorder::refused(const http::refusal& what) noexcept {
    const auto& answer = http::reply_for(what.code);
    count_rejected(answer.word);
    if (!sinks_.log.enabled())
        return;
    telemetry::access_record line;
    line.started = std::chrono::system_clock::now();
    line.request_id = what.request_id;
    line.client = what.client.address;
    line.status = static_cast<int>(answer.status);
    line.error = answer.word;
    sinks_.log.write(thread_, line);
}

} // namespace sluice::proxy
