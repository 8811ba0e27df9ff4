// SPDX-License-Identifier: Apache-2.0
#include "proxy/local_answer.hpp"

#include "sluice/http/local_reply.hpp"

#include <string>

namespace sluice::proxy {

void put_local_answer(http::client_stream& client, errc code, std::string_view detail,
                      std::string_view request_id) {
    const auto& answer = http::reply_for(code);
    const std::string body = http::reply_body(answer, detail, request_id);
    http::response_head head;
    head.status = answer.status;
    head.reason = http::reason_phrase(answer.status);
    head.fields.add("Content-Type", "application/json");
    if (answer.retry_after)
        head.fields.add("Retry-After", "1");
    head.body = {http::framing::kind::length, body.size()};
    client.give_up_body();
    client.put_head(head, request_id);
    client.put_body({body, true, nullptr});
    client.flush();  // takes a copy of what the socket does not take
}

}  // namespace sluice::proxy
