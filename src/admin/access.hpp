// SPDX-License-Identifier: Apache-2.0
// Who may call the admin API: the rules about Host, Origin and the token, each on its own. Pure.
#pragma once

#include "admin/api.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::admin {

/// Against DNS rebinding: a page of another site can only send its own name as Host. True for an IP
/// literal, localhost and the given names, with or without a port; and for no Host at all, which no
/// browser sends.
bool is_own_host(std::string_view host, std::span<const std::string> names);

/// Against cross-site requests: true when `origin` (RFC 6454) is the very place `host` names.
bool is_own_origin(std::string_view origin, std::string_view host);

enum class permission : std::uint8_t { granted, token_missing, forbidden };

/// What a resource is used for. Probes are for load balancers, which carry no token.
enum class usage : std::uint8_t { probe, read, write };

permission permit(usage, const access_terms&, std::optional<std::string_view> authorization);

}  // namespace sluice::admin
