// SPDX-License-Identifier: Apache-2.0
// The X-Forwarded-* fields of an outgoing request. Only a trusted proxy is believed about who came
// before it: what anyone else sent is replaced, or a client could pick its own address (contract,
// "Forwarding").
#include "net/listener_tls.hpp"
#include "sluice/http/outgoing.hpp"

#include <cstring>

namespace sluice::http {

namespace {

constexpr std::string_view separator = ", ";

// Every line of that field and then `last`, as one list (RFC 9110 section 5.3). Empty parts leave
// no comma behind.
std::string_view joined(const header_list& fields, field_id id, std::string_view last,
                        arena& room) {
    std::size_t size = last.size();
    std::size_t parts = last.empty() ? 0 : 1;
    std::string_view only = last;
    for (const field& one : fields) {
        if (one.id != id || one.value.empty())
            continue;
        size += one.value.size();
        only = one.value;
        ++parts;
    }
    if (parts <= 1)
        return only;

    char* const text = room.allocate(size + (parts - 1) * separator.size());
    char* at = text;
    const auto put = [&](std::string_view part) {
        if (part.empty())
            return;
        if (at != text) {
            std::memcpy(at, separator.data(), separator.size());
            at += separator.size();
        }
        std::memcpy(at, part.data(), part.size());
        at += part.size();
    };
    for (const field& one : fields)
        if (one.id == id)
            put(one.value);
    put(last);
    return {text, static_cast<std::size_t>(at - text)};
}

std::string_view kept_or(const request_head& head, field_id id, std::string_view ours, bool trusted,
                         arena& room) {
    const std::string_view sent = trusted ? joined(head.fields, id, {}, room) : std::string_view{};
    return sent.empty() ? ours : sent;
}

}  // namespace

bool client_facts::may_ask_for(std::string_view host) const noexcept {
    return certificates == nullptr || certificates->terms_for(host) == terms;
}

void set_forwarding(outgoing_request& out, const request_head& head, const client_facts& client,
                    arena& room) {
    out.client_trusted = client.trusted;
    out.client_subject = client.subject;
    out.forwarded_for = client.trusted
                            ? joined(head.fields, field_id::x_forwarded_for, client.ip, room)
                            : client.ip;
    out.forwarded_proto = kept_or(head, field_id::x_forwarded_proto, client.tls ? "https" : "http",
                                  client.trusted, room);
    out.forwarded_host =
        kept_or(head, field_id::x_forwarded_host, head.authority, client.trusted, room);
}

}  // namespace sluice::http
