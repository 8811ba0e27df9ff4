// SPDX-License-Identifier: Apache-2.0
// The Connection field and what hangs on it: whether the connection stays open, which fields end
// here, whether an upgrade is asked for (RFC 9110 sections 7.6.1 and 7.8, RFC 9112 section 9).
#pragma once

#include "http/field_sorter.hpp"
#include "http/h1/framing.hpp"
#include "sluice/http/head.hpp"

namespace sluice::http::h1 {

/// Sets keep_alive, trailers_wanted and upgrade, and marks the fields Connection names.
/// head.received must be set.
verdict apply_connection(const field_sorter&, request_head&);
/// Sets keep_alive and, on 101, upgrade; marks the fields Connection names. head.status and
/// .received must be set.
verdict apply_connection(const field_sorter&, response_head&);

}  // namespace sluice::http::h1
