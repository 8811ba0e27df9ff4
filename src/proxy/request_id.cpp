// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_id.hpp"

#include <cstring>

namespace sluice::proxy {

namespace {

void write_hex(char* at, std::uint64_t number) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = digits[(number >> shift) & 0xf];
}

} // namespace

void choose_request_id(exchange& x, random_source& random) {
    const auto* sent = x.client->client().trusted ? x.request->fields.find(http::field_id::x_request_id) : nullptr;
    if (sent != nullptr && !sent->value.empty() && sent->value.size() <= x.request_id.size()) {
        std::memcpy(x.request_id.data(), sent->value.data(), sent->value.size());
        x.request_id_size = sent->value.size();
    } else {
        write_hex(x.request_id.data(), random.next());
        write_hex(x.request_id.data() + 16, random.next());
        x.request_id_size = 32;
    }
    x.outgoing.request_id = {x.request_id.data(), x.request_id_size};
}

} // namespace sluice::proxy
