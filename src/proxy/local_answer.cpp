// SPDX-License-Identifier: Apache-2.0
#include "proxy/local_answer.hpp"

#include "sluice/http/grpc.hpp"
#include "sluice/http/local_reply.hpp"

#include <fmt/format.h>

#include <string>

namespace sluice::proxy {

namespace {

// What the socket does not take is copied.
void put(http::client_stream& client, http::response_head& head, std::string_view body,
         std::string_view request_id) {
    head.reason = http::reason_phrase(head.status);
    head.body = {http::framing::kind::length, body.size()};
    client.give_up_body();
    client.put_head(head, request_id);
    client.put_body({body, true, nullptr});
    client.flush();
}

}  // namespace

unsigned put_local_answer(http::client_stream& client, const own_answer& said) {
    const auto& answer = http::reply_for(said.code);
    const std::string body = http::reply_body(answer, said.detail, said.request_id);
    http::response_head head;
    head.status = answer.status;
    head.fields.add("Content-Type", "application/json");
    if (answer.retry_after)
        head.fields.add("Retry-After", "1");
    put(client, head, body, said.request_id);
    return head.status;
}

unsigned put_call_answer(http::client_stream& client, const own_answer& said) {
    const auto& usual = http::reply_for(said.code).message;
    const auto status = fmt::format("{}", http::grpc::status_of(said.code));
    const auto message = http::grpc::message_text(said.detail.empty() ? usual : said.detail);
    http::response_head head;
    head.fields.add("Content-Type", "application/grpc");
    head.fields.add("grpc-status", status);
    head.fields.add("grpc-message", message);
    put(client, head, {}, said.request_id);
    return head.status;
}

}  // namespace sluice::proxy
