// SPDX-License-Identifier: Apache-2.0
// What only several keys of `listeners[].tls` together can tell: whether a key belongs to its
// certificate, whom clients must be from, which names are for whom. Private to the schema in http.
#pragma once

#include "sluice/config/schema.hpp"
#include "sluice/config/value.hpp"
#include "sluice/net/listener_tls_settings.hpp"

namespace sluice::net {

/// Checks one entry of `certificates` and fills in what its files say. keys_read::refused: a key of it was
/// refused already.
void check_certificate(const config::value& from, listener_certificate& read,
                       config::keys_read how);

/// Checks the whole of `tls`. Nothing that asked for client certificates may end up not asking.
void check_listener_tls(const config::value& from, const listener_tls_settings& read,
                        config::keys_read how);

}  // namespace sluice::net
