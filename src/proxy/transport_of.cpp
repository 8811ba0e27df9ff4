// SPDX-License-Identifier: Apache-2.0
#include "proxy/transport_of.hpp"

namespace sluice::proxy {

upstream::transport transport_of(const table_service& service, const table_node& node) {
    const auto& tls = service.tls();
    const auto& address = node.facts.address;
    if (!tls.context)
        return address;
    const auto& name = !tls.server_name.empty() ? tls.server_name : node.facts.name;
    return {address, tls.context, name.empty() ? address.ip() : name};
}

}  // namespace sluice::proxy
