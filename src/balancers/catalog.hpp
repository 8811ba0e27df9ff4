// SPDX-License-Identifier: Apache-2.0
// The balancers there are. A new one is a file of this folder and one line here.
#pragma once

#include "sluice/service/balancer.hpp"

#include <memory>
#include <string_view>
#include <vector>

#define SLUICE_BALANCERS(add) add(round_robin)

namespace sluice::balancers {

#define SLUICE_DECLARE(name)                                                                       \
    std::shared_ptr<const service::balancer> name(const std::vector<service::node>& nodes);
SLUICE_BALANCERS(SLUICE_DECLARE)
#undef SLUICE_DECLARE

/// The balancer of that name for these nodes; null when there is none of the name.
std::shared_ptr<const service::balancer> make(std::string_view name,
                                              const std::vector<service::node>& nodes);

}  // namespace sluice::balancers
