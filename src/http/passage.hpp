// SPDX-License-Identifier: Apache-2.0
// Which received fields go on, in either direction and whatever the protocol on the other side. A
// field goes out only when nothing writes it anew. Used by whatever writes heads.
#pragma once

#include "http/hop_by_hop.hpp"
#include "sluice/http/head.hpp"
#include "sluice/http/outgoing.hpp"

namespace sluice::http {

inline bool is_framing(field_id id) noexcept {
    return id == field_id::content_length || id == field_id::transfer_encoding;
}

inline bool goes_to_node(const field& one, const outgoing_request& request) noexcept {
    if (one.id == field_id::other)
        return !one.hop_by_hop;
    switch (one.id) {
    case field_id::host:
    case field_id::x_forwarded_for:
    case field_id::x_forwarded_host:
    case field_id::x_forwarded_proto:
    case field_id::x_request_id:
    case field_id::x_client_subject:
        return false;
    case field_id::x_forwarded_port:
    case field_id::x_forwarded_other:
        return request.client_trusted;
    default:
        return !one.hop_by_hop && !is_hop_by_hop(one.id) && !is_framing(one.id);
    }
}

inline bool goes_to_client(const field& one) noexcept {
    return !one.hop_by_hop &&
           (one.id == field_id::other || (!is_hop_by_hop(one.id) && !is_framing(one.id)));
}

/// RFC 9110 section 8.6: a method that usually has content says so when it comes without.
inline bool misses_usual_body(const outgoing_request& request) noexcept {
    const method verb = request.head->verb;
    return request.body.how == framing::kind::none &&
           (verb == method::post || verb == method::put || verb == method::patch);
}

}  // namespace sluice::http
