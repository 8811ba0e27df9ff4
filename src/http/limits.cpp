// SPDX-License-Identifier: Apache-2.0
// Overriding of timeouts: route over service over global, one level at a time.
#include "sluice/http/limits.hpp"

namespace sluice::http {

timeouts timeout_overrides::over(timeouts wider) const {
    wider.connect = connect.value_or(wider.connect);
    wider.upstream_tls = upstream_tls.value_or(wider.upstream_tls);
    wider.upstream_head = upstream_head.value_or(wider.upstream_head);
    wider.upstream_idle = upstream_idle.value_or(wider.upstream_idle);
    wider.stream_idle = stream_idle.value_or(wider.stream_idle);
    return wider;
}

}  // namespace sluice::http
