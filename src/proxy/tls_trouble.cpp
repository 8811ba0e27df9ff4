// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_trouble.hpp"

#include "sluice/telemetry/log.hpp"

#include <fmt/format.h>

namespace sluice::proxy {

void tell_tls_trouble(const exchange& x, upstream::node_pool& pool, std::string_view why) {
    const auto words = fmt::format("tls: {}", why);
    pool.stats().set_last_error(words);
    if (pool.is_news(words))
        telemetry::log_warn("service {}: node {}: {}", x.target->service->settings.name,
                            x.node->text, words);
}

}  // namespace sluice::proxy
