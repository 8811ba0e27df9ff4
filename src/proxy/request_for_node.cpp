// SPDX-License-Identifier: Apache-2.0
#include "proxy/request_for_node.hpp"

#include "routing/rewrite.hpp"

namespace sluice::proxy {

std::optional<std::string_view> path_for_node(const route_settings& route,
                                              const http::request_head& head, arena& room) {
    if (!route.rewrite.prefix)
        return head.path;
    return routing::replace_prefix(head.path, route.match.path.text, *route.rewrite.prefix, room);
}

std::string_view authority_for_node(const route_settings& route,
                                    const http::request_head& head) noexcept {
    switch (route.rewrite.host) {
    case host_rewrite::preserve:
        return head.authority;
    case host_rewrite::literal:
        return route.rewrite.host_literal;
    case host_rewrite::upstream:
        break;
    }
    return {};
}

std::string_view authority_of(const table_service& service, const table_node& node) noexcept {
    return node.facts.address.is_unix() ? std::string_view(service.settings.name) : node.text;
}

bool announces_too_much(const http::request_head& head, const http::limits& bounds) noexcept {
    return bounds.body && head.body.how == http::framing::kind::length &&
           head.body.length > *bounds.body;
}

}  // namespace sluice::proxy
