// SPDX-License-Identifier: Apache-2.0
// The life of a request on one screen: handle().
#include "proxy/gateway.hpp"

#include "proxy/attempt.hpp"
#include "proxy/local_answer.hpp"
#include "proxy/request_for_node.hpp"
#include "proxy/request_id.hpp"
#include "proxy/retry.hpp"
#include "proxy/transport_of.hpp"
#include "sluice/http/grpc.hpp"
#include "sluice/http/local_reply.hpp"
#include "sluice/runtime/worker.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>

namespace sluice::proxy {

namespace {

constexpr std::size_t spare_exchanges = 256;

// A call ends where its client says. Nodes that speak HTTP/1 alone cannot answer it: trailers would
// get lost on the way.
std::optional<failure> begin_call(exchange& x) {
    const auto asked = http::grpc::timeout_of(*x.request);
    if (asked.malformed)
        return failure{errc::bad_request, blame::client, retry_hint::never, "grpc-timeout"};
    if (asked.total)
        x.arm_call(*asked.total);
    if (speaks_http1_only(*x.service))
        return failure{errc::not_implemented, blame::gateway, retry_hint::never, "grpc"};
    return std::nullopt;
}

// In words that the code alone does not say.
std::string_view detail_of(const exchange& x, const failure& why) {
    if (x.grpc && why.code == errc::bad_request && http::grpc::timeout_of(*x.request).malformed)
        return "grpc-timeout is malformed.";
    if (x.grpc && why.code == errc::not_implemented)
        return "The service's nodes do not speak HTTP/2, which gRPC needs.";
    return x.client->fault_detail();
}

}  // namespace

gateway::gateway(runtime::worker& owner, recorder_sinks sinks, worker_view::on_retired retired)
    : worker_(owner), retired_(std::move(retired)), recorder_(owner, sinks) {}

gateway::~gateway() = default;

void gateway::adopt(std::shared_ptr<const table> next) {
    recorder_.adopt(*next);
    auto view = boost::make_local_shared<worker_view>(worker_, std::move(next), retired_);
    if (view_)
        view->inherit(*view_);
    view_ = std::move(view);
}

runtime::task<> gateway::handle(http::request_head& head, http::client_stream& client) {
    auto owned = take_exchange();
    auto& x = *owned;
    // from here on this table, whatever is published meanwhile
    x.begin(head, client, view_);
    x.sent_by = http::find_true_client(head, client.client(), client.room());
    choose_request_id(x, random_);

    auto failed = match(x);  // route and service
    if (!failed)
        failed = prepare(x);  // rewrite, forwarding fields, limits
    if (!failed) {
        auto& service = x.pin->of(x.target->service);
        tries left(x, service);
        // at most retries.attempts more, see retry.cpp
        do {
            if (x.stopped()) {
                failed = x.stop_reason();
                break;
            }
            const auto node = left.next_node();
            if (!node) {
                failed = left.nothing_left();
                break;
            }
            if (failed)
                recorder_.retried(x, *failed);
            // connect, send, await the head, relay the body
            failed = co_await attempt(x, *node, left);
            recorder_.attempt_ended(x, failed);
        } while (failed && left.again(*failed));
    }
    if (failed)
        // an answer of our own, or a visibly broken one
        answer(x, *failed);

    recorder_.finish(x);  // metrics and access log: always
    x.end();
    give_exchange(std::move(owned));
}

std::optional<failure> gateway::match(exchange& x) {
    x.grpc = http::grpc::is_call(*x.request);
    if (!x.client->client().may_ask_for(x.request->host))
        return failure{errc::misdirected, blame::client, retry_hint::never, "routing"};
    const auto& facts = x.pin->facts();
    const auto found = facts.matcher->match({*x.request, x.client->client().listener->name});
    if (!found)
        return failure{errc::no_route, blame::client, retry_hint::never, "routing"};
    x.route_place = *found;
    x.route = (*facts.routes)[*found].get();
    const auto target = x.route->split.pick(x.route->targets.size() == 1 ? 0 : random_.next());
    if (!target)
        return failure{errc::no_healthy_node, blame::gateway, retry_hint::never, "routing"};
    x.target = &x.route->targets[*target];
    x.service = facts.services[x.target->service].get();
    if (x.route->settings.timeout)
        x.arm_total(*x.route->settings.timeout);
    return x.grpc ? begin_call(x) : std::nullopt;
}

std::optional<failure> gateway::prepare(exchange& x) {
    const auto& head = *x.request;
    if (announces_too_much(head, x.pin->facts().bounds))
        return failure{errc::body_too_large, blame::client, retry_hint::never, "request body"};
    auto& out = x.outgoing;
    out.head = &head;
    out.body = head.body;
    // An Upgrade with a body would leave two readings of where the body ends: it goes out as an
    // ordinary request.
    out.upgrade = !head.upgrade.empty() && !head.body.has_body() && !head.received.is_1_0();
    const auto path = path_for_node(x.route->settings, head, x.client->room());
    if (!path)
        return failure{errc::bad_request, blame::client, retry_hint::never, "rewrite"};
    out.path = *path;
    out.authority = authority_for_node(x.route->settings, head);
    x.node_is_host = out.authority.empty();
    out.request_id = {x.request_id.data(), x.request_id_size};
    set_forwarding(out, head, x.client->client(), x.client->room());
    // A node that speaks HTTP/2 may say that it did not look at a request: then any may be sent again.
    if (head.body.has_body() && (http::idempotent(head.verb) || !speaks_http1_only(*x.service)))
        x.replay.begin();
    return {};
}

void gateway::answer(exchange& x, const failure& why) {
    x.error = why.code;
    if (!x.response_begun)
        x.status = http::reply_for(why.code).status;
    if (x.response_begun || why.code == errc::client_gone) {
        x.client->reset();
        return;
    }
    const own_answer said{why.code, detail_of(x, why), x.outgoing.request_id};
    x.status = x.grpc ? put_call_answer(*x.client, said) : put_local_answer(*x.client, said);
}

void gateway::refused(const http::refusal& what) noexcept { recorder_.refused(what); }

void gateway::turned_away(errc why) noexcept { recorder_.turned_away(why); }

std::unique_ptr<exchange> gateway::take_exchange() {
    if (spare_.empty())
        return std::make_unique<exchange>(worker_);
    auto one = std::move(spare_.back());
    spare_.pop_back();
    return one;
}

void gateway::give_exchange(std::unique_ptr<exchange> done) noexcept {
    if (spare_.size() < spare_exchanges)
        spare_.push_back(std::move(done));
}

}  // namespace sluice::proxy
