// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_id.hpp"

#include <cstring>

namespace sluice::proxy {

void choose_request_id(exchange& x, random_source& random) {
    const auto* sent =
        x.client->client().trusted ? x.request->fields.find(http::field_id::x_request_id) : nullptr;
    if (sent != nullptr && !sent->value.empty() && sent->value.size() <= x.request_id.size()) {
        std::memcpy(x.request_id.data(), sent->value.data(), sent->value.size());
        x.request_id_size = sent->value.size();
    } else {
        const auto id = hex_id(random);
        std::memcpy(x.request_id.data(), id.data(), id.size());
        x.request_id_size = id.size();
    }
    x.outgoing.request_id = {x.request_id.data(), x.request_id_size};
}

}  // namespace sluice::proxy
