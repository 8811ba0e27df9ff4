// SPDX-License-Identifier: Apache-2.0
#include "admin/handler.hpp"

#include "sluice/http/local_reply.hpp"

#include <string>

namespace sluice::admin {

using http::io_state;
using runtime::wake;

namespace {

void put_answer(http::client_stream& client, const answer& what, std::string_view request_id) {
    http::response_head head;
    head.status = what.status;
    head.reason = http::reason_phrase(what.status);
    head.fields.add("Content-Type", what.content_type);
    for (const auto& [name, value] : what.fields)
        head.fields.add(name, value);
    head.body = {http::framing::kind::length, what.body.size()};
    head.declared_length = what.body.size();
    client.give_up_body();
    client.put_head(head, request_id);
    client.put_body({what.body, true, nullptr});
    client.flush();  // what the socket does not take at once is copied
}

std::optional<std::string_view> value_of(const http::request_head& head, std::string_view name) {
    const auto* found = head.fields.find(name);
    return found == nullptr ? std::nullopt : std::optional(found->value);
}

}  // namespace

runtime::task<> handler::handle(http::request_head& head, http::client_stream& client) {
    const auto digits = hex_id(random_);
    const std::string_view id(digits.data(), digits.size());
    std::string body;
    bool whole = !head.body.has_body();
    while (!whole && body.size() <= longest_body) {
        http::chunk piece;
        const auto got = client.take_body(piece);
        if (got == io_state::broken) {
            put_answer(client, refuse(400, "bad_request", "the request body is malformed", id), id);
            co_return;
        }
        if (got == io_state::blocked) {
            const auto why = co_await client.input();
            if (why == wake::ready)
                continue;
            put_answer(
                client,
                refuse(408, "request_timeout", "the request body did not arrive in time", id), id);
            co_return;
        }
        body.append(piece.bytes);
        whole = piece.last;
    }
    if (body.size() > longest_body) {
        put_answer(client, refuse(413, "body_too_large", "the admin API reads at most 64 KiB", id),
                   id);
        co_return;
    }
    const request asked{head.method_name,
                        head.path,
                        head.authority,
                        value_of(head, "Origin"),
                        value_of(head, "Authorization"),
                        body,
                        id};
    auto reply = respond(asked, terms_, gateway_);
    if (reply.needs == answer::after::reload)
        reply = co_await after_reload();
    put_answer(client, reply, id);
}

runtime::task<answer> handler::after_reload() {
    runtime::event over(control_thread_);
    reload_report how;
    gateway_.reload([&](const reload_report& report) {
        how = report;
        over.set();
    });
    co_await over;
    co_return reloaded(how);
}

}  // namespace sluice::admin
