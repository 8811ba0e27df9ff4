// SPDX-License-Identifier: Apache-2.0
#include "proxy/transport_of.hpp"

#include <utility>

namespace sluice::proxy {

using service::node_protocol;

upstream::transport transport_of(const table_service& service, const table_node& node) {
    const auto& tls = service.tls();
    const auto& address = node.facts.address;
    const auto& name = !tls.server_name.empty() ? tls.server_name : node.facts.name;
    auto way = tls.context
                   ? upstream::transport(address, tls.context, name.empty() ? address.ip() : name)
                   : upstream::transport(address);
    way.speaks = speaks_http1_only(service) ? node_protocol::http1 : service.protocol();
    return way;
}

bool speaks_http1_only(const table_service& service) noexcept {
    const auto speaks = service.protocol();
    return speaks == node_protocol::http1 ||
           (speaks == node_protocol::automatic && !service.tls().context);
}

}  // namespace sluice::proxy
