// SPDX-License-Identifier: Apache-2.0
// Sets of fields that do not simply go on, whatever the protocol: of one connection, or said by
// proxies.
#pragma once

#include "sluice/http/head.hpp"

namespace sluice::http {

/// Always about this connection only, named by Connection or not (RFC 9110 sections 7.6.1, 11.7.1,
/// 11.7.2; HTTP2-Settings: RFC 7540 section 3.2.1).
constexpr bool is_hop_by_hop(field_id id) noexcept {
    switch (id) {
    case field_id::connection:
    case field_id::http2_settings:
    case field_id::keep_alive:
    case field_id::proxy_authenticate:
    case field_id::proxy_authorization:
    case field_id::proxy_connection:
    case field_id::te:
    case field_id::transfer_encoding:
    case field_id::upgrade:
        return true;
    default:
        return false;
    }
}

/// The X-Forwarded-* family: said by proxies, believed from trusted ones only.
constexpr bool is_forwarded(field_id id) noexcept {
    switch (id) {
    case field_id::x_forwarded_for:
    case field_id::x_forwarded_host:
    case field_id::x_forwarded_port:
    case field_id::x_forwarded_proto:
    case field_id::x_forwarded_other:
        return true;
    default:
        return false;
    }
}

}  // namespace sluice::http
